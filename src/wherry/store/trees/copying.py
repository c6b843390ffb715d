"""Copying a tree that a container may have written, into a directory that only we can reach.

Entries of the source are reached by descriptors that no link can bend. Kept are contents with their holes, owners,
modes, extended attributes, modification times, hard links, symbolic links, devices and fifos; sockets are left out,
since nothing listens on a copy.
"""

import errno
import os
import stat
from typing import Final

from wherry.store.trees.descriptors import closing_fd, open_beneath

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SOURCE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def copy_tree(source: int, target: int) -> None:
    """Copy what the open directory ``source`` holds, and its own attributes, into the empty one ``target``. Blocks.

    Raises OSError and leaves what it has copied.
    """
    copy = _Copy(target)
    waiting = ["."]
    while waiting:
        path = waiting.pop()
        with closing_fd(open_beneath(source, path, _DIRECTORY)) as here:
            with closing_fd(open_beneath(target, path, _DIRECTORY)) as there:
                waiting += copy.directory(here, there, path)


def copy_attributes(source: int, target: int, status: os.stat_result) -> None:
    """Give the open ``target`` the owner, mode, extended attributes of ``source`` and the times of ``status``."""
    os.fchown(target, status.st_uid, status.st_gid)  # first: it clears set-user-ID bits and capabilities
    os.fchmod(target, stat.S_IMODE(status.st_mode))
    for name in os.listxattr(source):
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:  # the volume's file system may know fewer
                raise
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


class _Copy:
    def __init__(self, root: int) -> None:
        self._root = root
        self._linked: dict[tuple[int, int], str] = {}  # device and inode → path of the first copy

    def directory(self, source: int, target: int, path: str) -> list[str]:
        """Copy one directory but for what is in its subdirectories, which are made; gives their paths."""
        deeper = []
        for name in os.listdir(source):
            status = os.stat(name, dir_fd=source, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                os.mkdir(name, 0o700, dir_fd=target)
                deeper.append(f"{path}/{name}")
            elif not stat.S_ISSOCK(status.st_mode) and not self._link(status, target, name, f"{path}/{name}"):
                _copy_entry(source, target, name, status)
        copy_attributes(source, target, os.fstat(source))
        return deeper

    def _link(self, status: os.stat_result, target: int, name: str, path: str) -> bool:
        """Whether the entry is another name of one that is copied already; then it has been linked to that."""
        if status.st_nlink == 1:
            return False
        first = self._linked.setdefault((status.st_dev, status.st_ino), path)
        if first == path:
            return False
        with closing_fd(open_beneath(self._root, first, os.O_PATH | os.O_NOFOLLOW)) as fd:
            os.link(f"/proc/self/fd/{fd}", name, dst_dir_fd=target, follow_symlinks=True)
        return True


def _copy_entry(source: int, target: int, name: str, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFREG:
        _copy_file(source, target, name)
        return
    if kind == stat.S_IFLNK:
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
    else:
        os.mknod(name, kind | 0o600, status.st_rdev, dir_fd=target)
    os.chown(name, status.st_uid, status.st_gid, dir_fd=target, follow_symlinks=False)
    if kind != stat.S_IFLNK:
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=target)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def _copy_file(source: int, target: int, name: str) -> None:
    with closing_fd(os.open(name, _SOURCE, dir_fd=source)) as reading:
        status = os.fstat(reading)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ESTALE, f"{name} was replaced while it was copied")
        with closing_fd(os.open(name, _NEW, 0o600, dir_fd=target)) as writing:
            _copy_data(reading, writing, status.st_size)
            copy_attributes(reading, writing, status)


def _copy_data(source: int, target: int, size: int) -> None:
    """Only where there is data; the rest stays a hole."""
    end = 0
    while end < size:
        try:
            start = os.lseek(source, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole up to the end
                break
            raise
        end = os.lseek(source, start, os.SEEK_HOLE)
        os.lseek(target, start, os.SEEK_SET)
        while start < end:
            sent = os.sendfile(target, source, start, end - start)
            if sent == 0:  # it was truncated meanwhile
                break
            start += sent
    os.ftruncate(target, size)
