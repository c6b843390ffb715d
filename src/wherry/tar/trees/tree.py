"""The directory that a changeset is applied to, reached by paths that nothing in the archive can bend.

Every component is opened relative to its parent without following links. A symbolic link among them is read
and followed here, as chroot(2) would: an absolute target starts at the root, ``..`` stops there.
"""

import errno
import os
import stat

from ..format import header
from ..format.header import Entry
from . import nodes
from .merged import Merged
from .owners import Owner
from .resolving import MAX_LINKS
from .whiteouts import is_whiteout, make_opaque

_MAX_OPEN = 400

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Directory:
    """An open directory of the tree; ``path`` is its own, without links, and empty for the root."""

    __slots__ = ("fd", "path")

    def __init__(self, path: bytes, fd: int) -> None:
        self.path = path
        self.fd = fd

    def child(self, name: bytes) -> bytes:
        return self.path + b"/" + name if self.path else name


class Tree:
    """Directories under ``root``, opened once, made where they are missing.

    ``lowers`` are the layers below: a directory that is only implied by what is in it takes its mode, owner
    and time from there, so that the layer does not change them; that is looked up at the end. With ``follow`` their
    links count too, and what is no directory there stands in the way. What is nowhere yet is the ``maker``'s, or this
    process's. ``displaced`` tells whether anything was ever removed.
    """

    def __init__(self, root: int, lowers: Merged, follow: bool = False, maker: Owner | None = None) -> None:
        self._root = Directory(b"", root)
        self._open = {b"": self._root}
        self._pending: dict[bytes, Entry] = {}
        self._implied: set[bytes] = set()
        self._lowers = lowers
        self._follow = follow
        self._maker = maker
        self._owner = maker
        self.displaced = False

    def directory(self, path: bytes, owner: Owner | None = None) -> Directory:
        """The directory at a path in the tree, made if need be; ``owner`` is for those that are nowhere yet."""
        self._owner = owner or self._maker
        return self._open.get(path) or self._resolve(path)

    def ensure(self, where: Directory, name: bytes) -> None:
        """Make ``name`` a directory of this tree, whatever else it was."""
        try:
            os.mkdir(name, 0o755, dir_fd=where.fd)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(name, dir_fd=where.fd).st_mode):
                self.remove(where, name)
                make_opaque(self._reopened(where, name).fd)

    def _reopened(self, where: Directory, name: bytes) -> Directory:
        path = where.child(name)
        self._open[path] = Directory(path, self._make(where, name))
        return self._open[path]

    def settle(self, path: bytes, entry: Entry) -> None:
        """Notes what the directory at this link-free path gets when all is in it.

        Before, its time would not last, and a default ACL or a set-group-ID bit would colour what comes in.
        """
        self._pending[path] = entry

    def unsettled(self) -> list[tuple[bytes, Entry]]:
        """What was noted, the latest first; each is to be given to ``finish``."""
        for path in self._implied - self._pending.keys():
            found = self._below(path)
            if isinstance(found, Entry):
                self.settle(path, found)
        return list(reversed(self._pending.items()))

    def finish(self, path: bytes, entry: Entry) -> None:
        """Gives a directory its attributes."""
        fd = self.directory(path).fd
        os.fchmod(fd, entry.mode)
        nodes.seal(fd, entry)

    def trim(self) -> None:
        """Closes directories if many are open; between entries only."""
        if len(self._open) > _MAX_OPEN:
            self._close()

    def remove(self, where: Directory, name: bytes) -> bool:
        """Removes what stands at a name, whole; says whether that was a whiteout."""
        status = os.lstat(name, dir_fd=where.fd)
        if stat.S_ISDIR(status.st_mode):
            self._forget(where.child(name))
            _remove_directory(where.fd, name)
        else:
            os.unlink(name, dir_fd=where.fd)
        self.displaced = True
        return is_whiteout(status)

    def _close(self) -> None:
        del self._open[b""]
        for directory in self._open.values():
            os.close(directory.fd)
        self._open = {b"": self._root}

    def _resolve(self, path: bytes) -> Directory:
        here, links = self._root, 0
        names = path.split(b"/")[::-1]
        while names:
            name = names.pop()
            if name in (b"", b"."):
                continue
            if name == b"..":
                here = self._open[here.path.rpartition(b"/")[0]]
                continue
            deeper = self._step(here, name)
            if isinstance(deeper, Directory):
                here = deeper
                continue
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            names += deeper.split(b"/")[::-1]
            if deeper.startswith(b"/"):
                here = self._root
        return here

    def _step(self, here: Directory, name: bytes) -> Directory | bytes:
        """The directory of this name, or the target of a link."""
        path = here.child(name)
        if path in self._open:
            return self._open[path]
        try:
            fd = os.open(name, _DIRECTORY, dir_fd=here.fd)
        except FileNotFoundError:
            found = self._below(path) if self._follow else None
            if isinstance(found, bytes):
                return found
            fd = self._make(here, name)
            if not self._follow:
                self._implied.add(path)
            elif isinstance(found, Entry):
                self.settle(path, found)
            elif self._owner is not None:
                os.fchown(fd, *self._owner)
        except NotADirectoryError:
            status = os.lstat(name, dir_fd=here.fd)
            if stat.S_ISLNK(status.st_mode):
                return os.readlink(name, dir_fd=here.fd)
            if not is_whiteout(status):
                raise
            self.remove(here, name)
            fd = self._make(here, name)
            make_opaque(fd)
        self._open[path] = Directory(path, fd)
        return self._open[path]

    def _make(self, here: Directory, name: bytes) -> int:
        os.mkdir(name, 0o755, dir_fd=here.fd)
        return os.open(name, _DIRECTORY, dir_fd=here.fd)

    def _below(self, path: bytes) -> Entry | bytes | None:
        """What the layers below have there: a directory's attributes, or where a link leads."""
        parent, _, name = path.rpartition(b"/")
        below = self._lowers.descend(parent)
        try:
            found = below.find(name)
            if found is None:
                return None
            at, status = found
            if stat.S_ISDIR(status.st_mode):
                return nodes.described(header.DIRECTORY, status)
            if stat.S_ISLNK(status.st_mode):
                return os.readlink(name, dir_fd=at)
            if self._follow:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            return None
        finally:
            below.close()

    def _forget(self, path: bytes) -> None:
        """Of a directory that goes away and all below it nothing stays open or noted."""
        below = path + b"/"
        for gone in [key for key in self._open if key == path or key.startswith(below)]:
            os.close(self._open.pop(gone).fd)
        for gone in [key for key in self._pending if key == path or key.startswith(below)]:
            del self._pending[gone]
        self._implied -= {key for key in self._implied if key == path or key.startswith(below)}


def _remove_directory(at: int, name: bytes) -> None:
    fd = os.open(name, _DIRECTORY, dir_fd=at)
    try:
        for child in map(os.fsencode, os.listdir(fd)):
            if stat.S_ISDIR(os.lstat(child, dir_fd=fd).st_mode):
                _remove_directory(fd, child)
            else:
                os.unlink(child, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=at)
