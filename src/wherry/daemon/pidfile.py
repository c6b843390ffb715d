"""The pid file: who is the daemon, and that there is one only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wherry.locking import locked


class StillRunning(Exception):
    """Another daemon holds the file."""


@contextmanager
def pidfile(path: Path) -> Iterator[None]:
    """Hold the file while the daemon runs. StillRunning if another daemon does.

    What counts is a lock that ends with its holder, not the number in the file: one that was left behind hinders
    nobody, whoever has the number by now.
    """
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    fd = locked(path, 0o644)
    if fd is None:
        text = f"ensure wherry is not running or delete {path}: process with PID {_holder(path)} is still running"
        raise StillRunning(text)
    try:
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(fd)


def _holder(path: Path) -> str:
    with suppress(FileNotFoundError):  # it ends just now
        return path.read_text(errors="replace").strip()
    return ""
