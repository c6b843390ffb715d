"""Folders in memory, for files that mean nothing once the machine is off.

Most machines have /run in memory, and the engine's exec root with it: then these are plain folders. Where it is on a
disk each is a tmpfs: ADR 26 tells what the files of a start cost there.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

from wherry.kernel import mounts

_IN_MEMORY: Final = ("tmpfs", "ramfs")


def provide(folder: Path, mode: int = 0o700) -> None:
    """Have a folder, of which nothing is needed any more, in memory: empty, if it was not there before."""
    if mounts.file_system(str(folder)) not in _IN_MEMORY:
        with suppress(PermissionError):  # a disk does as well
            mounts.memory(str(folder), mode)


def give_back(folder: Path) -> None:
    """Take off what was mounted there, with what it holds. Idempotent."""
    if folder.is_mount():
        mounts.unmount(str(folder))
