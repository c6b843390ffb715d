"""``export``: a container's files as a tar archive."""

from ..archive_file import check_output, write_output
from ..flags import Command, Flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Export a container's filesystem as a tar archive",
    (Flag("output", "string", "Write to a file, instead of STDOUT", short="o"),),
    minimum=1,
    maximum=1,
    aliases=("container export", "export"),
)
WHAT = "export container"


def export(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    path = options["output"]
    check_output(session, path, WHAT)
    write_output(session, path, WHAT, session.client.call("GET", f"/containers/{options.arguments[0]}/export"))
    return 0
