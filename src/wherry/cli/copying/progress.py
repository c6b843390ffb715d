"""How far a ``cp`` is: one line on a terminal, and what was copied in the end."""

from time import monotonic

from ..formats.units import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from ...spans import Span
    from ..output import Output

    Chunk = TypeVar("Chunk", bytes, bytes | Span)

SAVE = b"\x1b[s"
RESTORE = b"\x1b[u"
ERASE = b"\x1b[2K"
INTERVAL = 0.075  # seconds between two looks of the line


class CopyProgress:
    """Counts the bytes of an archive. ``quiet`` says nothing."""

    def __init__(self, err: "Output", header: str, *, quiet: bool) -> None:
        self._err = err
        self._header = header
        self._quiet = quiet
        self._live = err.isatty() and not quiet
        self._copied = 0

    def counted(self, chunks: "Iterable[Chunk]") -> "Iterator[Chunk]":
        """The same chunks, while the line grows with them."""
        if self._live:
            self._err.put(SAVE)
        self._show()
        due = monotonic() + INTERVAL
        for chunk in chunks:
            self._copied += len(chunk)
            if monotonic() >= due:
                self._show()
                due = monotonic() + INTERVAL
            yield chunk

    def end(self, target: str) -> None:
        """All of it has arrived at ``target``."""
        if self._live:
            self._err.write(RESTORE + ERASE)
        if not self._quiet:
            self._err.line(f"Successfully copied {human_size(self._copied, 3)} to {target}")

    def _show(self) -> None:
        if self._live:
            self._err.put(RESTORE + ERASE + f"{self._header}{human_size(self._copied, 3)}".encode())
