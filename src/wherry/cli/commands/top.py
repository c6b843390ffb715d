"""``top``: the processes of a container."""

from ..flags import Command
from ..formats.tables import align

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "CONTAINER [ps OPTIONS]",
    "Display the running processes of a container",
    minimum=1,
    maximum=None,
    interspersed=False,
    aliases=("container top", "top"),
)
COLUMN_WIDTH = 20


def top(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    name, *arguments = options.arguments
    query = {"ps_args": " ".join(arguments)} if arguments else None
    listing = session.client.call("GET", f"/containers/{name}/top", query=query).json()
    lines = ["\t".join(cells) for cells in [listing["Titles"], *(listing["Processes"] or [])]]
    session.out.write(align(lines, COLUMN_WIDTH))
    return 0
