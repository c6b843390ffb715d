"""Questions to whoever sits at stdin."""

import termios

from .session import CommandError, Session
from .streams.stdin import STDIN, line
from .terminal import ChangedMode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def ask(session: Session, question: str) -> str:
    """What is typed behind ``question``, without white space around it. CommandError if the input ends."""
    session.err.flush()
    session.out.write(question)
    session.out.flush()
    answer = line()
    if not answer.endswith(b"\n"):
        raise CommandError("error while reading input: EOF")
    return answer.decode(errors="surrogateescape").strip()


def ask_secret(session: Session, question: str) -> str:
    """As ``ask``, on a terminal that does not show what is typed."""
    with ChangedMode(STDIN, _without_echo):
        answer = ask(session, question)
    session.out.put(b"\n")
    return answer


def _without_echo(attributes: "list[Any]") -> "list[Any]":
    changed = list(attributes)
    changed[3] &= ~termios.ECHO
    return changed
