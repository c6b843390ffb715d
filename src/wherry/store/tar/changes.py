"""What an overlay's upper directory changes in the layers below, as ``docker diff`` tells it."""

import errno
import os
import stat
from collections.abc import Iterator

from .merged import Merged, is_opaque, is_whiteout

MODIFIED, ADDED, DELETED = 0, 1, 2

Change = tuple[str, int]  # absolute path, kind

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def changes(upper: str | bytes, lowers: tuple[str | bytes, ...]) -> Iterator[Change]:
    """All changes in the order of their paths; ``lowers`` are the layers, the uppermost first.

    As moby's ``pkg/archive/changes.go`` has it: a directory counts as modified if anything in it changed; a
    deleted directory stands for all that was in it; a file that was copied up and not changed is no change.
    Names that are not UTF-8 carry surrogate escapes.
    """
    below = Merged.open(lowers)
    try:
        fd = os.open(upper, _DIRECTORY)
        try:
            yield from _within(fd, b"/", below)
        finally:
            os.close(fd)
    finally:
        below.close()


def _within(fd: int, path: bytes, below: Merged) -> Iterator[Change]:
    names = {os.fsencode(name) for name in os.listdir(fd)}
    hidden = below.names() - names if is_opaque(fd) else set()
    for name in sorted(names | hidden):
        here = path + name
        old = below.find(name)
        if name in hidden:
            yield os.fsdecode(here), DELETED
            continue
        new = os.lstat(name, dir_fd=fd)
        if is_whiteout(new):
            if old:
                yield os.fsdecode(here), DELETED
        elif stat.S_ISDIR(new.st_mode):
            yield from _directory(fd, name, here, new, old and old[1], below)
        elif not old:
            yield os.fsdecode(here), ADDED
        elif _differs(fd, old[0], name, new, old[1]):
            yield os.fsdecode(here), MODIFIED


def _directory(
    at: int, name: bytes, path: bytes, new: os.stat_result, old: os.stat_result | None, below: Merged
) -> Iterator[Change]:
    fd = os.open(name, _DIRECTORY, dir_fd=at)
    deeper = below.enter(name) if old and stat.S_ISDIR(old.st_mode) else Merged()
    try:
        within = list(_within(fd, path + b"/", deeper))
    finally:
        os.close(fd)
        deeper.close()
    if not old:
        yield os.fsdecode(path), ADDED
    elif within or _status_differs(new, old):
        yield os.fsdecode(path), MODIFIED
    yield from within


def _differs(new_at: int, old_at: int, name: bytes, new: os.stat_result, old: os.stat_result) -> bool:
    if _status_differs(new, old) or new.st_size != old.st_size or not _same_time(new.st_mtime_ns, old.st_mtime_ns):
        return True
    return stat.S_ISREG(new.st_mode) and _capability(new_at, name) != _capability(old_at, name)


def _status_differs(new: os.stat_result, old: os.stat_result) -> bool:
    return (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev)


def _same_time(new: int, old: int) -> bool:
    """Whole seconds are enough where one side knows no fractions: most layers' archives do not."""
    second = 1_000_000_000
    return new == old or (new // second == old // second and 0 in (new % second, old % second))


def _capability(at: int, name: bytes) -> bytes:
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    try:
        return os.getxattr(fd, "security.capability")
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return b""
        raise
    finally:
        os.close(fd)
