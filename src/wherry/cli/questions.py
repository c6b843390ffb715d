"""What is asked before something is done that nobody should do by mistake."""

from .streams.stdin import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .session import Session


def confirmed(session: "Session", question: str) -> bool:
    """Whether somebody answers ``y``; the end of what is typed is no."""
    session.out.write(f"{question} [y/N] ")
    session.out.flush()
    return line().strip().lower() == b"y"
