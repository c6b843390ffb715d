"""The pid file: who is the daemon, and that there is one only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class StillRunning(Exception):
    """Another daemon holds the file."""


@contextmanager
def pidfile(path: Path) -> Iterator[None]:
    """Hold the file while the daemon runs. StillRunning if another daemon does.

    What counts is a lock that ends with its holder, not the number in the file: one that was left behind hinders
    nobody, whoever has the number by now.
    """
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    fd = _locked(path)
    try:
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(fd)


def _locked(path: Path) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 32).decode(errors="replace").strip()
            os.close(fd)
            raise StillRunning(
                f"ensure wherry is not running or delete {path}: process with PID {holder} is still running"
            ) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        os.close(fd)  # its holder ended, and removed it, between our two steps
