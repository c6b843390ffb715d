"""Parts of open files, in the place of their bytes: whoever sends one need not read it."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False  # typing's own costs a starting process 5 ms
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Iterator

SPAN = 1 << 18  # bytes at most


class Span:
    """``length`` bytes of a file from ``offset`` on, which has to be open when they are used. What is not there, since
    the file was cut off, is zeros."""

    __slots__ = ("_fd", "_length", "_offset")

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd = fd
        self._offset = offset
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        data = os.pread(self._fd, self._length, self._offset)
        while len(data) < self._length:
            more = os.pread(self._fd, self._length - len(data), self._offset + len(data))
            data += more or bytes(self._length - len(data))
        return data

    def send(self, sock: socket) -> None:
        """To a socket that blocks, by sendfile(2). Raises as ``sendall``."""
        at, end = self._offset, self._offset + self._length
        try:
            while at < end and (sent := os.sendfile(sock.fileno(), self._fd, at, end - at)):
                at += sent
        except OSError as error:
            if error.errno != errno.EINVAL:  # not every file system can
                raise
        if at < end:
            sock.sendall(bytes(Span(self._fd, at, end - at)))


def spans(fd: int, start: int, end: int) -> Iterator[Span]:
    """A file from one offset to another."""
    return (Span(fd, at, min(SPAN, end - at)) for at in range(start, end, SPAN))


def rest_of(fd: int) -> Iterator[bytes | Span]:
    """What is left of an open file of any kind, from where it stands."""
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode):
        start = os.lseek(fd, 0, os.SEEK_CUR)
        yield from spans(fd, start, status.st_size)
        os.lseek(fd, max(start, status.st_size), os.SEEK_SET)
    while chunk := os.read(fd, SPAN):
        yield chunk
