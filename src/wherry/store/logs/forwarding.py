"""How far a log has been forwarded: noted beside it, so that the next engine goes on there."""

import os
from pathlib import Path
from typing import Final

from wherry.model.log import LogLine
from wherry.store.failures import explained
from wherry.store.logs.chain import LogChain, Place
from wherry.store.logs.format import Assembler

_TEXT: Final = "{:010} {:020}\n"


class UnforwardedReader:
    """The lines that were not taken yet. Methods block; one at a time.

    Lines count as taken when the next are asked for. What is noted is a place where no line is half read: what was
    taken since may come again after a death of the engine, and nothing is left out.
    """

    def __init__(self, path: Path) -> None:
        self._note = path.with_name(f"{path.name}.forwarded")
        self._noted = _read(self._note)
        self._chain = LogChain(path, follow=True, start=self._noted)
        self._assembler = Assembler()

    def lines(self) -> list[LogLine]:
        """The next lines; none at the end, for now."""
        self._take()
        while records := self._chain.next():
            if lines := self._assembler.feed(records):
                return lines
        return []

    def rest(self) -> list[LogLine]:
        """At the end: the lines that have no end themselves."""
        return self._assembler.flush()

    def close(self) -> None:
        self._chain.close()

    def _take(self) -> None:
        place = self._chain.place
        if not self._assembler.idle or place == self._noted:
            return
        with explained(f"note {self._note}"):
            fd = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(fd, _TEXT.format(*place).encode(), 0)  # of one length always: it needs no other file
            finally:
                os.close(fd)
        self._noted = place


def _read(note: Path) -> Place | None:
    """None if there is no note, or what a power failure left of one: all is forwarded again then."""
    try:
        number, offset = note.read_text().split()
        return Place(int(number), int(offset))
    except (FileNotFoundError, ValueError):
        return None
