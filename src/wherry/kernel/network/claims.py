"""Names of this network namespace that one engine has, and no other: two that keep one bridge would give its addresses
twice, and remove each other's interfaces."""

import os
from pathlib import Path
from typing import Final

from wherry.errors import Conflict
from wherry.locking import locked

_FOLDER: Final = Path("/run/wherry.claims")
_NAMESPACE: Final = Path("/proc/self/ns/net")


class Claims:
    """Files that are locked, one a name: a claim ends with its holder, however that ends."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._namespace = _NAMESPACE.stat().st_ino
        self._held: dict[str, int] = {}
        self._sweep()

    def take(self, name: str) -> None:
        """Idempotent. Conflict if another engine has the name."""
        if name in self._held:
            return
        fd = locked(self._path(name))
        if fd is None:
            raise Conflict(f"another engine has the bridge {name}: each needs its own")
        self._held[name] = fd

    def release(self, name: str) -> None:
        """Idempotent."""
        fd = self._held.pop(name, None)
        if fd is not None:
            self._path(name).unlink(missing_ok=True)
            os.close(fd)

    def close(self) -> None:
        for name in tuple(self._held):
            self.release(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._namespace}-{name}"

    def _sweep(self) -> None:
        """Remove the files of engines that died."""
        for path in self._folder.iterdir():
            fd = locked(path)
            if fd is not None:
                path.unlink(missing_ok=True)
                os.close(fd)
