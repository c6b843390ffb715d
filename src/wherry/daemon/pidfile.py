"""The pid file: who is the daemon, and that there is one only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StillRunning(Exception):
    """The file names a process that lives."""


@contextmanager
def pidfile(path: Path) -> Iterator[None]:
    """Hold the file while the daemon runs. StillRunning if another daemon does."""
    _check(path)
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    path.write_text(f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _check(path: Path) -> None:
    try:
        pid = int(path.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    if pid != os.getpid() and b"wherry" in command:
        text = f"ensure wherry is not running or delete {path}: process with PID {pid} is still running"
        raise StillRunning(text)
