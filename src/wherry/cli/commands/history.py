"""``history``: how an image was built."""

from time import time

from ..flags import Command, Flag
from ..formats import HELP, Listing
from ..formats.units import ago, human_size, rfc3339
from ..texts import ellipsis, short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] IMAGE",
    "Show the history of an image",
    (
        Flag("format", "string", HELP),
        Flag(
            "human",
            "bool",
            "Print sizes and dates in human readable format",
            short="H",
            default=True,
            default_text="true",
        ),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only show image IDs", short="q"),
    ),
    minimum=1,
    maximum=1,
    aliases=("image history", "history"),
)
HEADERS = {
    "Comment": "COMMENT",
    "CreatedAt": "CREATED AT",
    "CreatedBy": "CREATED BY",
    "CreatedSince": "CREATED",
    "ID": "IMAGE",
    "Size": "SIZE",
}
COMMAND_WIDTH = 45


def history(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    human, trunc = options["human"], not options["no-trunc"]
    layers = session.client.call("GET", f"/images/{options.arguments[0]}/history").json()
    rows = [fields(layer, human=human, trunc=trunc) for layer in layers]
    template = options["format"] or ""
    if options["quiet"] and template in ("", "table"):
        for row in rows:
            session.out.line(str(row["ID"]()))
        return 0
    columns = ("ID", "CreatedSince" if human else "CreatedAt", "CreatedBy", "Size", "Comment")
    Listing("*image.historyContext", HEADERS, columns, "raw").write(session.out, rows, template)
    return 0


def fields(layer: "dict[str, Any]", *, human: bool, trunc: bool) -> "Fields":
    """The columns of one layer, each to be computed when asked for."""
    created, size = layer["Created"], layer["Size"]

    def created_by() -> str:
        text = layer["CreatedBy"].replace("\t", " ")
        return ellipsis(text, COMMAND_WIDTH) if trunc else text

    return {
        "Comment": lambda: layer["Comment"],
        "CreatedAt": lambda: rfc3339(created) if created > 0 else "",
        "CreatedBy": created_by,
        "CreatedSince": lambda: ago(created, time()) if created > 0 else "",
        "ID": lambda: short_id(layer["Id"]) if trunc else layer["Id"],
        "Size": lambda: human_size(size, 3) if human else str(size),
    }
