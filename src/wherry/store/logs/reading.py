"""Reading a log file in large steps, from its beginning or from its last lines, while it grows and is replaced."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wherry.store.failures import explained
from wherry.store.logs.format import line_end

CHUNK: Final = 1 << 18
"""Bytes read at a time: parsing them holds the interpreter for about a millisecond."""


class LogFile:
    """An open log, read record by record. Methods block; one at a time.

    Without ``follow`` it ends where the file ended when it was opened. With it there is more whenever the file has
    grown, has come to be, or was replaced: a monitor with a size limit (``--log-size-max``) begins a new file of the
    same name.
    """

    def __init__(self, path: Path, *, follow: bool) -> None:
        self._path = path
        self._follow = follow
        self._fd = _open(path)
        self._end = 0 if self._fd < 0 else os.fstat(self._fd).st_size
        self._half = b""  # the beginning of a record whose end is not written yet
        self._position = 0

    def next(self) -> bytes:
        """The next records, whole ones; nothing at the end."""
        with explained(f"read {self._path}"):
            while True:
                records = self._next()
                if records or not self._follow or not self._turn():
                    return records

    def seek_last(self, count: int) -> bytes:
        """Go to where the last ``count`` lines begin. Gives the records right before: pieces of them may be there.

        A line of which pieces lie farther back than ``CHUNK`` bytes, with much of the other stream between, loses them.
        """
        if self._fd < 0:
            return b""
        with explained(f"read {self._path}"):
            self._position = _find_last(self._fd, self._end, count)
            before = os.pread(self._fd, min(CHUNK, self._position), max(0, self._position - CHUNK))
        return before[before.find(b"\n") + 1 :] if len(before) == CHUNK else before

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _next(self) -> bytes:
        while data := self._read():
            self._position += len(data)
            data = self._half + data
            end = data.rfind(b"\n") + 1
            self._half = data[end:]
            if end:
                return data[:end]
            if len(data) > CHUNK:  # no record is as long: zeros that a power failure left
                self._half = b""
        return b""

    def _read(self) -> bytes:
        if self._fd < 0:
            return b""
        length = CHUNK if self._follow else min(CHUNK, self._end - self._position)
        return os.pread(self._fd, length, self._position)

    def _turn(self) -> bool:
        """Begin again if the path has another file by now, or the file was emptied; tells whether that is so."""
        fd = _open(self._path)
        if fd < 0:
            return False
        now = os.fstat(fd)
        if self._fd >= 0 and os.path.samestat(now, os.fstat(self._fd)) and now.st_size >= self._position:
            os.close(fd)
            return False
        self.close()
        self._fd, self._half, self._position = fd, b"", 0
        return True


def _open(path: Path) -> int:
    """A descriptor, or -1 if there is no file."""
    with explained(f"read {path}"):
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return -1


def _find_last(fd: int, end: int, count: int) -> int:
    """Where the last ``count`` lines before ``end`` begin. The last line of a stream need not be ended."""
    met: set[int] = set()
    for position, record in _backwards(fd, end):
        if count == 0:
            return position + len(record) + 1
        stream, whole = line_end(record)
        if stream and (whole or stream not in met):
            met.add(stream)
            count -= 1
    return 0


def _backwards(fd: int, position: int) -> Iterator[tuple[int, bytes]]:
    """Whole records with where they begin, the last first."""
    data = b""
    while position:
        step = min(CHUNK, position)
        position -= step
        data = os.pread(fd, step, position) + data
        whole = data[: data.rfind(b"\n") + 1]
        begin = whole.find(b"\n") + 1 if position else 0
        data = whole[:begin]  # the end of a record that begins farther back
        start = position + len(whole)
        for record in reversed(whole[begin:].split(b"\n")[:-1]):
            start -= len(record) + 1
            yield start, record
