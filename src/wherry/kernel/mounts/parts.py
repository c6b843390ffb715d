"""Parts of directories as mounts of their own: what is at a path in a volume, or all but the mounts below.

Links in a volume, which a container may have made, lead nowhere outside of it.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from wherry.errors import InternalError
from wherry.kernel import mounts, syscalls


def copied(source: str, subpath: str, *, recursive: bool) -> int:
    """A descriptor of a copy of the mount of ``subpath`` in ``source``, attached nowhere yet; "" is all of it.

    Raises OSError, and InternalError in Docker's words for a subpath that is not there or leads out.
    """
    if not subpath:
        return syscalls.open_tree(source, recursive=recursive)
    part = _opened(source, subpath)
    try:
        return syscalls.open_tree(f"/proc/self/fd/{part}", recursive=recursive)
    finally:
        os.close(part)


def mount(source: str, subpath: str, target: Path, *, recursive: bool) -> None:
    """Mounts a part at ``target``, which is made as what the part is. Raises as ``copied``."""
    part = copied(source, subpath, recursive=recursive)
    try:
        target.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        if stat.S_ISDIR(os.fstat(part).st_mode):
            target.mkdir(exist_ok=True)
        else:
            target.touch()
        syscalls.move_mount(part, str(target))
    finally:
        os.close(part)


def remove(target: Path) -> None:
    """Idempotent."""
    mounts.unmount(str(target))
    with suppress(FileNotFoundError):
        if target.is_dir():
            target.rmdir()
        else:
            target.unlink()


def _opened(source: str, subpath: str) -> int:
    folder = os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return syscalls.open_beneath(folder, subpath, os.O_PATH)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.ELOOP):
            raise InternalError(
                f"path concatenation escapes the base directory, base: {source}, subpath: {subpath}"
            ) from error
        reason = os.strerror(error.errno or 0).lower()
        raise InternalError(f"cannot access path {source}/{subpath}: lstat {source}/{subpath}: {reason}") from error
    finally:
        os.close(folder)
