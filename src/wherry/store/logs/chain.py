"""Reading the files of a log one after the other, while the last one grows and is given a number."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from wherry.store.failures import explained
from wherry.store.logs.reading import LogFile
from wherry.store.logs.rotation import rotated


class _Link(NamedTuple):
    """A file, and the number that it has or will be given."""

    number: int
    file: LogFile


class Place(NamedTuple):
    """Where a record begins: the number of its file, and the offset in it."""

    number: int
    offset: int


class LogChain:
    """The records of a log, oldest first. Methods block; one at a time.

    Without ``follow`` it ends where the log ended when it was opened. With it there is more whenever the log has grown,
    has come to be, was rotated, or was replaced: a monitor with a size limit (``--log-size-max``) begins a new file of
    the same name. ``start`` is where to begin, if that is still there.
    """

    def __init__(self, path: Path, *, follow: bool, start: Place | None = None) -> None:
        self._path = path
        self._follow = follow
        self._start = start or Place(0, 0)
        with explained(f"read {path}"):
            self._links = self._open()

    @property
    def place(self) -> Place:
        """Where the first record begins that ``next`` has not given yet."""
        return Place(self._links[0].number, self._links[0].file.offset)

    def next(self) -> bytes:
        """The next records, whole ones; nothing at the end."""
        with explained(f"read {self._path}"):
            while True:
                if records := self._links[0].file.next():
                    return records
                if len(self._links) > 1:
                    self._links.pop(0).file.close()
                elif not self._follow or not self._grow():
                    return b""

    def seek_last(self, count: int) -> bytes:
        """Go to where the last ``count`` lines begin. Gives the records right before: pieces of them may be there.

        A line of which pieces lie farther back, in another file or with much of the other stream between, loses them.
        """
        met: set[int] = set()
        with explained(f"read {self._path}"):
            for later in range(1, len(self._links) + 1):
                count = self._links[-later].file.seek_last(count, met)
                if not count:
                    break
            while len(self._links) > later:
                self._links.pop(0).file.close()
            return self._links[0].file.before()

    def close(self) -> None:
        for link in self._links:
            link.file.close()

    def _open(self) -> list[_Link]:
        """All files by number, the last the one that is written. Again if one was given its number meanwhile."""
        while True:
            named = rotated(self._path)
            paths = {**named, max(named, default=0) + 1: self._path}
            links = [self._link(number, path) for number, path in paths.items() if number >= self._first(paths)]
            if rotated(self._path) == named:
                return links
            for link in links:
                link.file.close()

    def _first(self, numbers: Collection[int]) -> int:
        """The file to begin with: that of the start, unless it has not been written yet."""
        return self._start.number if self._start.number <= max(numbers) else 0

    def _link(self, number: int, path: Path) -> _Link:
        offset = self._start.offset if number == self._start.number else 0
        return _Link(number, LogFile(path, follow=self._follow, offset=offset))

    def _grow(self) -> bool:
        """Find the file after the last one. What was written to the last before there was another is still read. Again
        if one was given its number meanwhile: that may be the one that was opened."""
        while True:
            named = rotated(self._path)
            link = self._after(self._links[-1], named)
            if link is None:
                return False
            if rotated(self._path) == named:
                self._links.append(link)
                return True
            link.file.close()

    def _after(self, last: _Link, named: dict[int, Path]) -> _Link | None:
        later = next((number for number in named if number > last.number), 0)
        if later:
            return _Link(later, LogFile(named[later], follow=True))
        if last.number in named and self._path.exists():
            return _Link(last.number + 1, LogFile(self._path, follow=True))
        if last.number not in named and last.file.is_replaced():
            return _Link(last.number, LogFile(self._path, follow=True))
        return None
