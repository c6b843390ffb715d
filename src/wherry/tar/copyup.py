"""Copying a file of a lower layer up, as overlayfs does, so that a hard link can be made to it."""

import errno
import os
import stat

from . import header, nodes
from .header import Entry
from .merged import Merged
from .tree import Directory
from .whiteouts import OVERLAY_XATTR

KINDS = {
    stat.S_IFREG: header.REGULAR,
    stat.S_IFLNK: header.SYMLINK,
    stat.S_IFCHR: header.CHARACTER,
    stat.S_IFBLK: header.BLOCKDEV,
    stat.S_IFIFO: header.FIFO,
}
_COPY = 1 << 30  # bytes asked of one sendfile(2)


def copy_up(lowers: Merged, where: Directory, name: bytes) -> int:
    """Brings ``name`` of the lower layers into the tree's directory; returns its size in bytes.

    Raises ``FileNotFoundError`` where they do not have it, ``PermissionError`` for a directory.
    """
    below = lowers.descend(where.path)
    try:
        found = below.find(name)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        at, status = found
        kind = KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        entry = nodes.described(kind, status)
        if kind == header.REGULAR:
            copy_file(at, name, where.fd, name, entry)
        elif kind == header.SYMLINK:
            entry.link = os.readlink(name, dir_fd=at)
            nodes.symlink(where.fd, name, entry)
        else:
            nodes.special(where.fd, name, entry)
        return status.st_size
    finally:
        below.close()


def is_own(xattr: str) -> bool:
    """Whether an extended attribute is the file's, not overlayfs's."""
    return not xattr.startswith(OVERLAY_XATTR.decode())


def copy_file(source_at: int, source_name: bytes, at: int, name: bytes, entry: Entry) -> None:
    """Copies content and extended attributes of a regular file; the rest is as the entry says."""
    source = os.open(source_name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source_at)
    try:
        fd = nodes.create(at, name, entry.mode)
        try:
            while os.sendfile(fd, source, None, _COPY):
                pass
            for key in os.listxattr(source):
                if is_own(key):
                    entry.xattrs[os.fsencode(key)] = os.getxattr(source, key)
            nodes.seal(fd, entry)
        finally:
            os.close(fd)
    finally:
        os.close(source)
