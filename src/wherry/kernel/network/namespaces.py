"""Network namespaces that live as long as a file: made, entered for a moment, removed.

unshare(2) and setns(2) act on the calling thread alone. All functions here come back to where the thread was
before they return; none of them waits for anything, so they are safe on the event loop's thread (about 1 ms to make
one). Should the way back fail, ``StrandedThread`` ends the process: whatever it did next would
happen inside a container.

Sources: namespaces(7), ``ip-netns(8)`` for pinning by bind mount.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from wherry.kernel import mounts, syscalls
from wherry.kernel.syscalls import CloneFlag

_OWN: Final = "/proc/thread-self/ns/net"


class StrandedThread(SystemExit):
    """This thread could not leave a namespace again. A SystemExit, so that an event loop lets it through."""


def create(path: str) -> None:
    """Makes a new namespace and pins it at ``path``, a new file (FileExistsError if there is one)."""
    with _way_back():
        syscalls.unshare(CloneFlag.NEWNET)
        pin(_OWN, path)


def pin(namespace: str, path: str) -> None:
    """Has a namespace of any kind live as long as a new file, ``path`` (FileExistsError if there is one)."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_WRONLY, 0o444))
    try:
        mounts.bind(namespace, path)
    except OSError:
        os.unlink(path)
        raise


def remove(path: str) -> None:
    """Unpins the namespace: the kernel drops it, and its links, when no process is left in it. Idempotent."""
    mounts.unmount(path)
    with suppress(FileNotFoundError):
        os.unlink(path)


@contextmanager
def entered(path: str) -> Iterator[None]:
    """This thread is in the namespace pinned at ``path`` within the block. Never await in it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with _way_back():
            syscalls.setns(fd, CloneFlag.NEWNET)
            yield
    finally:
        os.close(fd)


def socket_in(path: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
    """A socket of the namespace pinned at ``path``: it stays there, whoever uses it."""
    with entered(path):
        return socket.socket(family, kind | socket.SOCK_CLOEXEC, protocol)


@contextmanager
def _way_back() -> Iterator[None]:
    home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            yield
        finally:
            try:
                syscalls.setns(home, CloneFlag.NEWNET)
            except OSError as error:
                raise StrandedThread(f"cannot leave a network namespace: {error}") from error
    finally:
        os.close(home)
