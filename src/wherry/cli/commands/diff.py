"""``diff``: what a container changed in its files."""

from ..flags import Command
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "CONTAINER",
    "Inspect changes to files or directories on a container's filesystem",
    minimum=1,
    maximum=1,
    aliases=("container diff", "diff"),
)
_LETTERS = ("C", "A", "D")


def diff(session: "Session", argv: list[str]) -> int:
    (name,) = COMMAND.parse(argv, session.spelled).arguments
    if not name:
        raise CommandError("Container name cannot be empty")
    changes = session.client.call("GET", f"/containers/{name}/changes").json()
    for change in changes or ():
        session.out.line(f"{_LETTERS[change['Kind']]} {change['Path']}")
    return 0
