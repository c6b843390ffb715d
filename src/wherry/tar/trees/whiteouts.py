"""Deletions in two languages: names in an archive (OCI's ``layer.md``), nodes and attributes in overlayfs."""

import errno
import os
import stat

WHITEOUT = b".wh."
WHITEOUT_META = b".wh..wh."
OPAQUE_MARK = b".wh..wh..opq"

OVERLAY_XATTR = b"trusted.overlay."
OPAQUE = OVERLAY_XATTR + b"opaque"


def is_whiteout(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def make_whiteout(at: int, name: bytes) -> None:
    os.mknod(name, stat.S_IFCHR, 0, dir_fd=at)


def is_opaque(fd: int) -> bool:
    """Whether a directory of a layer hides those of its name below it."""
    try:
        return os.getxattr(fd, OPAQUE) == b"y"
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return False
        raise


def make_opaque(fd: int) -> None:
    os.setxattr(fd, OPAQUE, b"y")
