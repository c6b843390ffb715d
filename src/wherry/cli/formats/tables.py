"""Aligned columns, by the rules of Go's ``text/tabwriter`` with Docker's settings."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PADDING = 3
MIN_WIDTH = 10


def align(lines: "Iterable[str]", min_width: int = MIN_WIDTH, padding: int = PADDING) -> str:
    """The lines, their tab-separated cells padded to columns, each ended by a line break.

    A cell belongs to a column when a tab ends it; neighbouring lines that have a cell there share its width.
    """
    rows = [line.split("\t") for line in lines]
    _pad(rows, 0, len(rows), 0, min_width, padding)
    return "".join("".join(row) + "\n" for row in rows)


def _pad(rows: list[list[str]], start: int, end: int, column: int, min_width: int, padding: int) -> None:
    """Widen the cells of ``column`` in ``rows[start:end]``, run by run, and then those to the right of each run."""
    at = start
    while at < end:
        if len(rows[at]) <= column + 1:
            at += 1
            continue
        stop = at
        while stop < end and len(rows[stop]) > column + 1:
            stop += 1
        run = rows[at:stop]
        width = max(min_width, max(len(row[column]) for row in run) + padding)
        for row in run:
            row[column] = row[column].ljust(width)
        _pad(rows, at, stop, column + 1, min_width, padding)
        at = stop
