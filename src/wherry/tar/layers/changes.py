"""What an overlay's upper directory changes in the layers below, as ``docker diff`` tells it."""

import errno
import os
import stat
from collections.abc import Iterator

from ..trees.merged import Merged
from ..trees.whiteouts import is_opaque, is_whiteout

MODIFIED, ADDED, DELETED = 0, 1, 2

Change = tuple[str, int]  # absolute path, kind

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def changes(upper: str | bytes, lowers: tuple[str | bytes, ...]) -> list[Change]:
    """All changes in the order of their paths; ``lowers`` are the layers, the uppermost first.

    As moby's ``pkg/archive/changes.go`` has it: a directory counts as modified if anything in it changed; a
    deleted directory stands for all that was in it; a file that was copied up and not changed is no change.
    Names that are not UTF-8 carry surrogate escapes. Raises ``OSError``.
    """
    found: list[Change] = []
    visits = [_Visit("", None, upper, Merged.open(lowers), told=True)]
    try:
        while visits:
            here = visits[-1]
            if not here.names:
                visits.pop().close()
                continue
            name = here.names.pop()
            kind = here.change(name)
            if kind is not None:
                found += _directories(visits)
                found.append((here.path + name, kind))
            if here.has_directory(name):
                visits.append(here.enter(name, told=kind is not None))
    finally:
        for visit in visits:
            visit.close()
    return found


def _directories(visits: list["_Visit"]) -> Iterator[Change]:
    """The directories that a change is in, as far as they are not told: it changes them."""
    if not visits[-1].told:
        for visit in visits:
            if not visit.told:
                visit.told = True
                yield visit.path.removesuffix("/"), MODIFIED


class _Visit:
    """An open directory of the upper tree, beside what the layers below have at its path; it closes both. ``told`` says
    whether it is among the changes, ``names`` has those to look at, the first one last."""

    def __init__(
        self, path: str, at: int | None, name: str | bytes, below: Merged, *, told: bool, within_opaque: bool = False
    ) -> None:
        self.path = path + "/"
        self.told = told
        self._below = below
        self._fd = -1
        try:
            self._fd = os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=at)
            with os.scandir(self._fd) as entries:
                self._own = {entry.name: entry for entry in entries}
            self._opaque = within_opaque or is_opaque(self._fd)
            hidden = map(os.fsdecode, below.names()) if self._opaque else ()
            self.names = sorted(self._own.keys() | {*hidden}, key=os.fsencode, reverse=True)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._below.close()
        if self._fd >= 0:
            os.close(self._fd)

    def change(self, name: str) -> int | None:
        old = self._below.find(os.fsencode(name)) if self._below.parts else None
        own = self._own.get(name)
        if own is None:
            return DELETED
        if old is None and _is_plain(own):
            return ADDED
        new = own.stat(follow_symlinks=False)
        if is_whiteout(new):
            return DELETED if old else None
        if old is None:
            return ADDED
        return MODIFIED if _differs(self._fd, name, new, *old) else None

    def has_directory(self, name: str) -> bool:
        return name in self._own and self._own[name].is_dir(follow_symlinks=False)

    def enter(self, name: str, *, told: bool) -> "_Visit":
        below = self._below.enter(os.fsencode(name))
        return _Visit(self.path + name, self._fd, name, below, told=told, within_opaque=self._opaque)


def _is_plain(entry: os.DirEntry[str]) -> bool:
    """Whether it can be no whiteout: the listing itself says so, for less than a stat(2)."""
    return entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False) or entry.is_symlink()


def _differs(new_at: int, name: str, new: os.stat_result, old_at: int, old: os.stat_result) -> bool:
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev):
        return True
    if stat.S_ISDIR(new.st_mode):
        return False
    if new.st_size != old.st_size or not _same_time(new.st_mtime_ns, old.st_mtime_ns):
        return True
    return stat.S_ISREG(new.st_mode) and _capability(new_at, name) != _capability(old_at, name)


def _same_time(new: int, old: int) -> bool:
    """Whole seconds are enough where one side knows no fractions: most layers' archives do not."""
    second = 1_000_000_000
    return new == old or (new // second == old // second and 0 in (new % second, old % second))


def _capability(at: int, name: str) -> bytes:
    fd = os.open(name, _OPEN, dir_fd=at)
    try:
        return os.getxattr(fd, "security.capability")
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return b""
        raise
    finally:
        os.close(fd)
