"""Reading a file of a log in large steps, from its beginning or from its last lines, while it grows."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wherry.store.failures import explained
from wherry.store.logs.format import line_end

CHUNK: Final = 1 << 18
"""Bytes read at a time: parsing them holds the interpreter for about a millisecond."""
_FOLLOWED: Final = 1 << 16
"""The same of a log that is followed: its readers may be slow, and as lines they take five times the room."""


class LogFile:
    """An open file of a log, read record by record. Methods block; one at a time.

    Without ``follow`` it ends where it ended when it was opened; with it there is more whenever it has grown. What is
    packed is unpacked when it is first needed, into a file without a name.
    """

    def __init__(self, path: Path, *, follow: bool, offset: int = 0) -> None:
        self._path = path
        self._follow = follow
        self._packed = path.suffix == ".gz"
        self._fd = _open(path)
        self._end = 0 if self._fd < 0 else os.fstat(self._fd).st_size
        self._half = b""  # the beginning of a record whose end is not written yet
        self._position = offset

    @property
    def offset(self) -> int:
        """Where the first record begins that was not given yet."""
        return self._position - len(self._half)

    def next(self) -> bytes:
        """The next records, whole ones; nothing at the end."""
        self._unpack()
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

    def seek_last(self, count: int, met: set[int]) -> int:
        """Go to where the last ``count`` lines begin; gives how many of them the file does not have. ``met`` are the
        streams of which later lines are known, and takes in those found here."""
        if self._fd < 0:
            return count
        self._unpack()
        self._position, missing = _find_last(self._fd, self._end, count, met)
        return missing

    def before(self) -> bytes:
        """The records right before the position, up to ``CHUNK`` bytes."""
        if self._fd < 0:
            return b""
        data = os.pread(self._fd, min(CHUNK, self._position), max(0, self._position - CHUNK))
        return data[data.find(b"\n") + 1 :] if len(data) == CHUNK else data

    def is_replaced(self) -> bool:
        """Whether the path has another file by now, or the file was emptied."""
        try:
            now = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return self._fd < 0 or not os.path.samestat(now, os.fstat(self._fd)) or now.st_size < self._position

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> bytes:
        if self._fd < 0:
            return b""
        length = _FOLLOWED if self._follow else min(CHUNK, self._end - self._position)
        return os.pread(self._fd, length, self._position)

    def _unpack(self) -> None:
        if not self._packed or self._fd < 0:
            return
        with open(self._fd, "rb") as packed, gzip.open(packed) as source:
            self._fd = os.open(self._path.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
            with open(self._fd, "wb", closefd=False) as target:
                shutil.copyfileobj(source, target, CHUNK)
        self._packed, self._end = False, os.fstat(self._fd).st_size


def _open(path: Path) -> int:
    """A descriptor, or -1 if there is no file."""
    with explained(f"read {path}"):
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return -1


def _find_last(fd: int, end: int, count: int, met: set[int]) -> tuple[int, int]:
    """Where the last ``count`` lines before ``end`` begin, and how many lines are missing. The last line of a stream
    need not be ended."""
    for position, record in _backwards(fd, end):
        if count == 0:
            return position + len(record) + 1, 0
        stream, whole = line_end(record)
        if stream and (whole or stream not in met):
            met.add(stream)
            count -= 1
    return 0, count


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
