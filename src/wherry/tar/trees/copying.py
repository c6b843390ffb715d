"""Copying files from directory to directory: into a layer, or up from a lower one as overlayfs does."""

import errno
import os

from ..format import header
from ..format.header import Entry
from . import nodes
from .merged import Merged
from .tree import Directory

_CANNOT_LINK = (errno.EXDEV, errno.EMLINK, errno.EPERM)
_COPY = 1 << 30  # bytes asked of one sendfile(2)


def copy_up(lowers: Merged, where: Directory, name: bytes) -> int:
    """Brings ``name`` of the lower layers into the tree's directory, so that a hard link can be made to it; returns its
    size in bytes.

    Raises ``FileNotFoundError`` where they do not have it, ``PermissionError`` for a directory.
    """
    below = lowers.descend(where.path)
    try:
        found = below.find(name)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        at, status = found
        kind = nodes.kind_of(status)
        if kind in (None, header.DIRECTORY):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        copy(at, name, where.fd, name, nodes.described(kind, status))
        return status.st_size
    finally:
        below.close()


def copy(source_at: int, source_name: bytes, at: int, name: bytes, entry: Entry) -> None:
    """Copies what is no directory: a link's target, a file's content and extended attributes; the rest is as the entry
    says."""
    if entry.kind == header.REGULAR:
        _copy_file(source_at, source_name, at, name, entry)
    elif entry.kind == header.SYMLINK:
        entry.link = os.readlink(source_name, dir_fd=source_at)
        nodes.symlink(at, name, entry)
    else:
        nodes.special(at, name, entry)


def linked(source_at: int, source_name: bytes, at: int, name: bytes) -> bool:
    """Whether a file could be given one more name."""
    try:
        os.link(source_name, name, src_dir_fd=source_at, dst_dir_fd=at, follow_symlinks=False)
    except OSError as error:
        if error.errno in _CANNOT_LINK:
            return False
        raise
    return True


def _copy_file(source_at: int, source_name: bytes, at: int, name: bytes, entry: Entry) -> None:
    source = os.open(source_name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source_at)
    try:
        fd = nodes.create(at, name, entry.mode)
        try:
            while os.sendfile(fd, source, None, _COPY):
                pass
            entry.xattrs = nodes.own_xattrs(source)
            nodes.seal(fd, entry)
        finally:
            os.close(fd)
    finally:
        os.close(source)
