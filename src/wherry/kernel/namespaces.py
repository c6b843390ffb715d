"""Namespaces that live as long as a file: made, entered for a moment, removed.

unshare(2) and setns(2) act on the calling thread alone. All functions here come back to where the thread was
before they return; none of them waits for anything, so they are safe on the event loop's thread (about 1 ms for a
network namespace). Should the way back fail, ``StrandedThread`` ends the process: whatever it did next would
happen inside a container.

Sources: namespaces(7), ``ip-netns(8)`` for pinning by bind mount.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

from wherry.kernel import mounts, syscalls
from wherry.kernel.syscalls import CloneFlag


class Kind(Enum):
    """A kind of namespace that a thread can leave and come back to: its file in /proc/PID/ns."""

    NET = "net"
    IPC = "ipc"
    UTS = "uts"

    @property
    def flag(self) -> CloneFlag:
        return _FLAGS[self]


_FLAGS = {Kind.NET: CloneFlag.NEWNET, Kind.IPC: CloneFlag.NEWIPC, Kind.UTS: CloneFlag.NEWUTS}


class StrandedThread(SystemExit):
    """This thread could not leave a namespace again. A SystemExit, so that an event loop lets it through."""


def create(path: str, kind: Kind = Kind.NET) -> None:
    """Makes a new namespace and pins it at ``path``, a new file (FileExistsError if there is one)."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_WRONLY, 0o444))
    try:
        with _way_back(kind):
            syscalls.unshare(kind.flag)
            mounts.bind(f"/proc/thread-self/ns/{kind.value}", path)
    except OSError:
        os.unlink(path)
        raise


def remove(path: str) -> None:
    """Unpins the namespace: the kernel drops it, and its links, when no process is left in it. Idempotent."""
    mounts.unmount(path)
    with suppress(FileNotFoundError):
        os.unlink(path)


@contextmanager
def entered(path: str, kind: Kind = Kind.NET) -> Iterator[None]:
    """This thread is in the namespace pinned at ``path`` within the block. Never await in it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with _way_back(kind):
            syscalls.setns(fd, kind.flag)
            yield
    finally:
        os.close(fd)


def socket_in(path: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
    """A socket of the network namespace pinned at ``path``: it stays there, whoever uses it."""
    with entered(path):
        return socket.socket(family, kind | socket.SOCK_CLOEXEC, protocol)


@contextmanager
def _way_back(kind: Kind) -> Iterator[None]:
    home = os.open(f"/proc/thread-self/ns/{kind.value}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            yield
        finally:
            try:
                syscalls.setns(home, kind.flag)
            except OSError as error:
                raise StrandedThread(f"cannot leave a {kind.value} namespace: {error}") from error
    finally:
        os.close(home)
