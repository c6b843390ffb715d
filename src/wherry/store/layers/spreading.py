"""New directories far from those that were made last.

Files of a directory get inodes near its own. ext4 without a journal does not take inodes that were freed within the
last minute, and looks at each of them again for each file that is made (``recently_deleted`` in its ``ialloc.c``):
where a layer was deleted, the next one takes ten times as long. And it likes to have new directories where few are:
that is where many were deleted.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

_NEIGHBOURS: Final = 1 << 17  # inodes: a flexible block group of 16, as mke2fs makes them
_REMEMBERED: Final = 32
_CANDIDATES: Final = 4


def neighbourhood(folder: Path) -> int:
    """A number that directories have in common whose files get inodes near each other."""
    return folder.stat().st_ino // _NEIGHBOURS


class Spreading:
    """Remembers where the last directories went."""

    def __init__(self, where: Callable[[Path], int] = neighbourhood) -> None:
        self._where = where
        self._lately: deque[int] = deque(maxlen=_REMEMBERED)

    def make(self, folder: Path, mode: int) -> None:
        """Make a directory, by a name that is made up for it. A death may leave such names with ``.`` in them behind.
        Blocks. OSError."""
        candidates: dict[Path, int] = {}
        try:
            while len(candidates) < _CANDIDATES:
                candidate = folder.with_name(f"{folder.name}.{len(candidates)}")
                candidate.mkdir(mode)
                candidates[candidate] = self._where(candidate)
                if candidates[candidate] not in self._lately:
                    break
            chosen = min(candidates, key=lambda candidate: self._how_lately(candidates[candidate]))
            chosen.rename(folder)
            self._lately.append(candidates.pop(chosen))
        finally:
            for candidate in candidates:
                candidate.rmdir()

    def _how_lately(self, where: int) -> int:
        """0 for never, more for later."""
        return max((place for place, each in enumerate(self._lately, 1) if each == where), default=0)
