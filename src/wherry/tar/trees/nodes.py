"""Making single files of every kind, relative to an open directory, with owner, attributes and time."""

import errno
import os
import stat

from ..format import header
from ..format.header import Entry
from .whiteouts import OVERLAY_XATTR

KINDS = {
    stat.S_IFREG: header.REGULAR,
    stat.S_IFDIR: header.DIRECTORY,
    stat.S_IFLNK: header.SYMLINK,
    stat.S_IFCHR: header.CHARACTER,
    stat.S_IFBLK: header.BLOCKDEV,
    stat.S_IFIFO: header.FIFO,
}
SPECIAL = {header.CHARACTER: stat.S_IFCHR, header.BLOCKDEV: stat.S_IFBLK, header.FIFO: stat.S_IFIFO}

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class XattrRefused(OSError):
    """The file system does not take an extended attribute."""

    def __init__(self, key: bytes, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.key = key


def create(at: int, name: bytes, mode: int) -> int:
    """A new file, open for writing. The process's umask must be 0."""
    return os.open(name, _CREATE, mode, dir_fd=at)


def seal(fd: int, entry: Entry) -> None:
    """Gives an open file or directory what its entry says; after the last write, which would undo some of it."""
    if entry.uid or entry.gid:
        os.fchown(fd, entry.uid, entry.gid)
        os.fchmod(fd, entry.mode)  # chown(2) takes the set-user-ID bit away
    for key, value in entry.xattrs.items():
        _set_xattr(fd, key, value)
    os.utime(fd, ns=(entry.mtime, entry.mtime))


def symlink(at: int, name: bytes, entry: Entry) -> None:
    os.symlink(entry.link, name, dir_fd=at)
    _dress(at, name, entry)


def special(at: int, name: bytes, entry: Entry) -> None:
    """A device node or a fifo."""
    os.mknod(name, SPECIAL[entry.kind] | entry.mode, os.makedev(*entry.device), dir_fd=at)
    _dress(at, name, entry)


def kind_of(status: os.stat_result) -> bytes | None:
    """What an archive calls a file; None for a socket, which is nothing without its process."""
    return KINDS.get(stat.S_IFMT(status.st_mode))


def own_xattrs(fd: int) -> dict[bytes, bytes]:
    """The extended attributes of an open file, without overlayfs's."""
    names = (os.fsencode(name) for name in os.listxattr(fd))
    return {name: os.getxattr(fd, name) for name in names if not name.startswith(OVERLAY_XATTR)}


def described(kind: bytes, status: os.stat_result) -> Entry:
    """An entry that says of a file what its status does."""
    entry = Entry()
    entry.kind = kind
    entry.mode = stat.S_IMODE(status.st_mode)
    entry.uid, entry.gid = status.st_uid, status.st_gid
    entry.mtime = status.st_mtime_ns
    entry.device = os.major(status.st_rdev), os.minor(status.st_rdev)
    entry.xattrs = {}
    return entry


def _dress(at: int, name: bytes, entry: Entry) -> None:
    """What ``seal`` does, for what cannot be opened."""
    if entry.uid or entry.gid:
        os.chown(name, entry.uid, entry.gid, dir_fd=at, follow_symlinks=False)
    if entry.xattrs:
        os.fchdir(at)  # setxattr(2) knows no directory descriptor
        for key, value in entry.xattrs.items():
            _set_xattr(name, key, value)
    os.utime(name, ns=(entry.mtime, entry.mtime), dir_fd=at, follow_symlinks=False)


def _set_xattr(target: int | bytes, key: bytes, value: bytes) -> None:
    """An archive may not speak overlayfs's own language; what the system forbids is left out, as Docker does."""
    if key.startswith(OVERLAY_XATTR):
        return
    try:
        os.setxattr(target, key, value, follow_symlinks=isinstance(target, int))
    except OSError as error:
        if error.errno != errno.EPERM:
            raise XattrRefused(key, error) from error
