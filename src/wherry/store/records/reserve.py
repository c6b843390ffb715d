"""Space set aside for the records, so that a full disk does not hinder what would free it."""

import os
from pathlib import Path
from typing import Final

SIZE: Final = 256 << 10  # bytes by which the database may grow when its log is brought into it


class Reserve:
    """A file whose only use is that it can be deleted. Blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = False

    def keep(self) -> None:
        """Set the space aside, if it is not yet. Without space, or where none can be set aside, there is no reserve."""
        if self._kept:
            return
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # nothing depends on it
            return
        try:
            os.posix_fallocate(fd, 0, SIZE)
            self._kept = True
        except OSError:
            os.unlink(self._path)
        finally:
            os.close(fd)

    def spend(self) -> None:
        """Give the space back to the disk; idempotent."""
        self._kept = False
        self._path.unlink(missing_ok=True)
