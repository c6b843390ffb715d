"""What the file system under the data root can do, a hint that makes ext4 faster, and writing all back."""

import ctypes
import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Final

from wherry.errors import NotSupported
from wherry.store.failures import reason
from wherry.store.trees.descriptors import closing_fd
from wherry.store.trees.mountinfo import mount_of

_FS_IOC_GETFLAGS: Final = 0x80086601  # include/uapi/linux/fs.h, 64-bit
_FS_IOC_SETFLAGS: Final = 0x40086602
_FS_TOPDIR_FL: Final = 0x00020000

_libc: Final = ctypes.CDLL(None, use_errno=True)


def check_upper(folder: Path) -> None:
    """NotSupported if overlayfs cannot have its upper directories in ``folder``.

    It wants ``trusted.*`` extended attributes and entry types from readdir(3), and takes no overlay
    (Documentation/filesystems/overlayfs.rst, "Upper and Lower").
    """
    kind = mount_of(folder).kind
    lack = "overlay on overlay" if kind == "overlay" else _lack(folder)
    if lack:
        raise NotSupported(f"{folder} is on {kind}, where overlay mounts do not work ({lack}): use another data root")


def set_topdir(folder: Path) -> None:
    """``chattr +T``: ext4 spreads the directories in ``folder`` over its block groups.

    Layers and contexts that are deleted and made again in one group are slow to make: ext4 passes over inodes that were
    freed within the last seconds. Other file systems have no such flag, and it is a hint: nothing happens there.
    """
    with closing_fd(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as fd:
        try:
            (flags,) = struct.unpack("l", fcntl.ioctl(fd, _FS_IOC_GETFLAGS, bytes(8)))
            fcntl.ioctl(fd, _FS_IOC_SETFLAGS, struct.pack("l", flags | _FS_TOPDIR_FL))
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise


def write_back(folder: Path) -> None:
    """syncfs(2): return when all that was written to the file system of ``folder`` is on the disk. OSError."""
    with closing_fd(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as fd:
        if _libc.syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), f"syncfs {folder}")


def _lack(folder: Path) -> str:
    probe = os.fspath(folder / f".probe-{os.urandom(8).hex()}")
    os.mkdir(probe, 0o700)
    try:
        os.setxattr(probe, "trusted.wherry", b"y")
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.path == probe]
    except OSError as error:
        return f"trusted extended attributes: {reason(error)}"
    finally:
        os.rmdir(probe)
    # Now that it is gone, an entry knows that it was a directory only if readdir said so.
    return "" if found[0].is_dir() else "no d_type"
