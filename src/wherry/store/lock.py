"""One engine a data root."""

import fcntl
import os
from pathlib import Path

from wherry.errors import Conflict
from wherry.locking import locked
from wherry.store.failures import explained


class RootLock:
    """flock(2) on ``<data-root>/wherry.lock``: gone with its holder, however that ends.

    The descriptor is not inherited by programs that the engine starts, so a monitor that outlives it holds nothing.
    """

    def __init__(self, root: Path) -> None:
        """Raises Conflict when another engine, of this process or another, holds it."""
        with explained(f"lock {root}"):
            fd = locked(root / "wherry.lock")
        if fd is None:
            raise Conflict(f"another engine uses {root}")
        self._fd = fd

    def release(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_UN)  # at once, even if a program that is about to start still has a copy
        os.close(self._fd)
