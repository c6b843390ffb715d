"""Files that one holder has at a time, by flock(2): a lock ends with its holder, however that ends."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


def locked(path: Path, mode: int = 0o600) -> int | None:
    """A descriptor of the file, which is made if it is missing: who closes it gives the lock back, and may remove the
    file before. None if somebody else has it, in this process or another."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        os.close(fd)  # its holder let it go, and removed it, between our two steps
