"""The lines of a log that were asked for."""

from pathlib import Path

from wherry.model.log import LogLine, LogRange
from wherry.store.logs.chain import LogChain
from wherry.store.logs.format import Assembler, bulk_frames, frames, time_text


class LogReader:
    """Lines, or frames, of one log. ``lines``, ``frames`` and ``rest`` block; one at a time.

    ``tail`` counts lines of both streams, and counts before ``since`` and ``until`` choose among them, as with Docker.
    """

    def __init__(self, path: Path, which: LogRange, *, follow: bool = False) -> None:
        self.over = False  # whether a line after ``until`` was met: no later one is wanted
        self._file = LogChain(path, follow=follow)
        self._assembler = Assembler()
        self._tail = which.tail
        self._streams = {1: which.stdout, 2: which.stderr}
        self._since = time_text(which.since) if which.since else ""
        self._until = time_text(which.until) if which.until else ""
        self._all = which.stdout and which.stderr and not which.since and not which.until

    def lines(self) -> list[LogLine]:
        """The next lines; none at the end."""
        while records := self._records():
            lines = self._choose(self._assembler.feed(records))
            if lines:
                return lines
        return []

    def frames(self, joined: bool) -> bytes:
        """The same as multiplexed frames, see ``format.frames``."""
        while records := self._records():
            data = self._bulk(records, joined)
            if data is None:
                data = frames(self._choose(self._assembler.feed(records)), joined=joined)
            if data:
                return data
        return b""

    def rest(self) -> list[LogLine]:
        """At the end: the lines that have no end themselves."""
        return self._choose(self._assembler.flush())

    def close(self) -> None:
        self._file.close()

    def _records(self) -> bytes:
        if self._tail is not None:
            self._assembler.feed(self._file.seek_last(self._tail))
            self._tail = None
        return b"" if self.over else self._file.next()

    def _bulk(self, records: bytes, joined: bool) -> bytes | None:
        if self._since or self._until or not self._assembler.idle:
            return None
        return bulk_frames(records, stdout=self._streams[1], stderr=self._streams[2], joined=joined)

    def _choose(self, lines: list[LogLine]) -> list[LogLine]:
        if self._all:
            return lines
        if self._until and any(line.time > self._until for line in lines):
            self.over = True
        return [line for line in lines if self._wanted(line)]

    def _wanted(self, line: LogLine) -> bool:
        return self._streams[line.stream] and line.time >= self._since and (not self._until or line.time <= self._until)
