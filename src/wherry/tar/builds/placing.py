"""Copying files into a new layer, by the rules of COPY and ADD.

The layer is written in the form that overlayfs mounts. What it stands on is only looked at: whether something is a
directory there, and where links lead. Files whose attributes are right already are linked, not copied: nobody writes to
a layer, so they may share an inode with the layer or the build context that they come from.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from ..format import header
from ..format.header import Entry
from ..trees import nodes
from ..trees.copying import copy, linked
from ..trees.merged import Member, Merged
from ..trees.modes import Chmod
from ..trees.resolving import resolved
from ..trees.tree import Directory, Tree

Owner = tuple[int, int]


class Placer:
    """Puts files below an open directory; ``owner`` None keeps theirs."""

    def __init__(self, root: int, lowers: Merged, owner: Owner | None, chmod: Chmod | None, *, link: bool) -> None:
        """The process's umask must be 0. ``link``: nobody will write to the files."""
        self._root = root
        self._lowers = lowers
        self._owner = owner
        self._chmod = chmod
        self._link = link
        self.tree = Tree(root, lowers, follow=True)

    def is_directory(self, path: bytes) -> bool:
        """Whether a directory is there, in this layer or below, at the end of a link too."""
        top = Merged(map(os.dup, (self._root, *self._lowers.parts)))
        try:
            real = resolved(top, path)
            return real is not None and _is_directory(top, real)
        finally:
            top.close()

    def file(self, at: int, name: bytes, status: os.stat_result, path: bytes) -> None:
        """One file, to be called ``path``."""
        parent, _, base = path.rpartition(b"/")
        self._put(at, name, status, self.tree.directory(parent, self._owner), base)

    def contents(self, found: Iterable[Member], path: bytes) -> None:
        """What a directory holds, into the directory ``path``."""
        self.tree.directory(path.rpartition(b"/")[0])
        target = self.tree.directory(path, self._owner)
        for name, at, base, status in found:
            self.tree.trim()
            parent, _, _ = name.rpartition(b"/")
            folder = self.tree.directory(target.child(parent) if parent else target.path)
            self._put(at, base, status, folder, base)

    def finish(self) -> None:
        """Give directories their attributes."""
        for path, entry in self.tree.unsettled():
            self.tree.trim()
            self.tree.finish(path, entry)

    def _put(self, at: int, name: bytes, status: os.stat_result, where: Directory, base: bytes) -> None:
        kind = nodes.kind_of(status)
        if kind is None:
            return
        entry = nodes.described(kind, status)
        if self._owner is not None:
            entry.uid, entry.gid = self._owner
        if self._chmod is not None and entry.kind != header.SYMLINK:
            entry.mode = self._chmod(entry.mode, entry.kind == header.DIRECTORY)
        if entry.kind == header.DIRECTORY:
            self._directory(at, name, entry, where, base)
            return
        with suppress(FileNotFoundError):
            self.tree.remove(where, base)
        if not (self._is_same(entry, status) and linked(at, name, where.fd, base)):
            copy(at, name, where.fd, base, entry)

    def _directory(self, at: int, name: bytes, entry: Entry, where: Directory, base: bytes) -> None:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
        try:
            entry.xattrs = nodes.own_xattrs(fd)
        finally:
            os.close(fd)
        self.tree.ensure(where, base)
        self.tree.settle(where.child(base), entry)

    def _is_same(self, entry: Entry, status: os.stat_result) -> bool:
        """Whether a file stays as it is, so that it may be linked."""
        attributes = (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
        return self._link and entry.kind == header.REGULAR and (entry.uid, entry.gid, entry.mode) == attributes


def _is_directory(top: Merged, path: bytes) -> bool:
    parent, _, name = path.rpartition(b"/")
    here = top.descend(parent)
    try:
        found = here.find(name) if name else None
        return not name or (found is not None and stat.S_ISDIR(found[1].st_mode))
    finally:
        here.close()
