"""Names of this network namespace that one engine has, and no other: two that keep one bridge would give its addresses
twice, and remove each other's interfaces."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from wherry.errors import Conflict

_FOLDER: Final = Path("/run/wherry.claims")
_NAMESPACE: Final = Path("/proc/self/ns/net")


class Claims:
    """Files that are locked by flock(2), one a name: a claim ends with its holder, however that ends."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._namespace = _NAMESPACE.stat().st_ino
        self._held: dict[str, int] = {}
        self._sweep()

    def take(self, name: str) -> None:
        """Idempotent. Conflict if another engine has the name."""
        while name not in self._held:
            path = self._path(name)
            fd = _locked(path)
            if fd is None:
                raise Conflict(f"another engine has the bridge {name}: each needs its own")
            if _is_at(fd, path):
                self._held[name] = fd
            else:
                os.close(fd)  # its holder let it go, and removed the file, between our two steps

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
            fd = _locked(path)
            if fd is not None:
                path.unlink(missing_ok=True)
                os.close(fd)


def _locked(path: Path) -> int | None:
    """The file, made if it is missing; None if somebody else has locked it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def _is_at(fd: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), path.stat())
    return False
