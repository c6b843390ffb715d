"""``images --tree``: the layers of images as a drawing, with colours for a terminal or without."""

from ..texts import ellipsis, short_id
from .units import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NamedTuple

    from ..session import Session

    Layer = dict[str, Any]

    class Row(NamedTuple):
        """A line: what is drawn before the layer, its ID, what it says, whether that is names; then the columns."""

        branch: str
        identifier: str
        text: str
        named: bool
        columns: tuple[str, ...]

    Style = Callable[[str], str]
else:
    from collections import namedtuple

    Row = namedtuple("Row", ("branch", "identifier", "text", "named", "columns"))

HEADERS = ("SIZE", "TOTAL", "CONTAINERS")
NARROW = ((0, 1, 2), (0, 2), (0,))
"""The columns that are shown, fewer and fewer where a terminal is narrow."""
ENOUGH = 28
GAP = "   "
STEP_WIDTH = 40
NO_LAYER = "<empty>"


def write(session: "Session", layers: "list[Layer]", *, trunc: bool) -> None:
    """Draw the answer of ``GET /wherry/images/tree``. On a terminal no line is longer than it is wide."""
    width = session.out.columns() if session.out.isatty() and trunc else 0
    for line in draw(layers, width=width, styled=session.has_colours, trunc=trunc):
        session.out.line(line)


def draw(layers: "list[Layer]", *, width: int = 0, styled: bool = False, trunc: bool = True) -> list[str]:
    """The lines, a header first. ``width`` 0: as wide as need be. ``trunc``: short IDs and steps."""
    rows = list(_rows(layers, "", trunc))
    head = Row("", "LAYER", "", False, HEADERS)
    lengths = [max(len(row.columns[at]) for row in (head, *rows)) for at in range(len(HEADERS))]
    room, shown = _room(width, lengths)
    longest = max(len(_left(row)) for row in (head, *rows))
    left = min(longest, room) if width else longest
    return [
        _line(row, left, [row.columns[at].rjust(lengths[at]) for at in shown], styled and row is not head)
        for row in (head, *rows)
    ]


def _room(width: int, lengths: list[int]) -> tuple[int, tuple[int, ...]]:
    """What is left for the drawing, and the columns beside it."""
    for shown in NARROW:
        room = width - sum(len(GAP) + lengths[at] for at in shown)
        if room >= ENOUGH or not width:
            break
    return max(room, 1), shown


def _rows(layers: "list[Layer]", indent: str, trunc: bool) -> "Iterator[Row]":
    for layer in layers:
        last = layer is layers[-1]
        below = indent[:-1]
        branch = below + ("└─" if last else "├─") if indent else ""
        yield _row(layer, branch, trunc)
        deeper = (below + ("  " if last else "│ ")) if indent else ""
        yield from _rows(layer["Children"], deeper + " ", trunc)


def _row(layer: "Layer", branch: str, trunc: bool) -> Row:
    images = layer["Images"]
    identifier = (short_id(layer["Id"]) if trunc else layer["Id"]) or NO_LAYER
    containers = str(sum(image["Containers"] for image in images)) if images else ""
    text = ", ".join(_named(image, trunc) for image in images) if images else _step(layer["CreatedBy"], trunc)
    sizes = (human_size(layer["Size"], 3), human_size(layer["TotalSize"], 3))
    return Row(branch, identifier, text, bool(images), (*sizes, containers))


def _named(image: "dict[str, Any]", trunc: bool) -> str:
    names = ", ".join(image["Names"]) or "<none>"
    return f"{names} ({short_id(image['Id']) if trunc else image['Id']})"


def _step(created_by: str, trunc: bool) -> str:
    """The command that made a layer, on one line, without what a shell or a builder puts around it."""
    printable = "".join(char if char.isprintable() else " " for char in created_by)
    step = " ".join(printable.split()).removesuffix("# buildkit").strip()
    for shell, plain in (("/bin/sh -c #(nop) ", ""), ("/bin/sh -c ", "RUN "), ("RUN /bin/sh -c ", "RUN ")):
        if step.startswith(shell):
            step = plain + step.removeprefix(shell).strip()
            break
    return ellipsis(step, STEP_WIDTH) if trunc else step


def _left(row: Row) -> str:
    return f"{row.branch}{row.identifier}  {row.text}".rstrip()


def _line(row: Row, left: int, columns: list[str], styled: bool) -> str:
    """Cut and padded first, then styled: what a terminal does not show takes no room."""
    text = ellipsis(_left(row), left).ljust(left)
    if styled:
        start = len(row.branch)
        end = start + len(row.identifier)
        text = text[:start] + _dim(text[start:end]) + (_bold if row.named else _dim)(text[end:])
    return (text + GAP + GAP.join(columns)).rstrip()


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m"


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m"
