"""Applies the entries of a changeset to a tree, in the form that overlayfs mounts.

A whiteout ``.wh.NAME`` becomes a character device 0/0, ``.wh..wh..opq`` the attribute
``trusted.overlay.opaque``. Both speak of the layers below only, wherever in the archive they stand.
"""

import errno
import os
import stat

from ..format import header
from ..format.header import Entry, TarError
from ..format.reader import entries, printable
from ..format.stream import Stream
from ..trees import nodes
from ..trees.copying import copy_up
from ..trees.merged import Merged
from ..trees.owners import Owner
from ..trees.tree import Directory, Tree
from ..trees.whiteouts import OPAQUE_MARK, WHITEOUT, WHITEOUT_META, make_opaque, make_whiteout

_VERBS = {header.REGULAR: "open", header.DIRECTORY: "mkdir", header.HARDLINK: "link", header.SYMLINK: "symlink"}
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_HOST_FAULTS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EACCES)
)


def normalized(name: bytes) -> bytes:
    """An archive's name as a path below the root: nothing leads above it, as if the root were ``/``."""
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


class Extractor:
    """Applies one archive; ``size`` and ``count`` tell what it made when ``run`` is over.

    It is a changeset, or any other where ``whiteouts`` mean nothing; directories that it does not name are the
    ``maker``'s. The process's umask must be 0. ``size`` counts a
    file once whatever its links, and a symbolic link by the length of its target, in bytes: what Docker calls the size
    of a layer.
    """

    def __init__(
        self, root: int, stream: Stream, lowers: Merged, whiteouts: bool = True, maker: Owner | None = None
    ) -> None:
        self._root = root
        self._whiteouts = whiteouts
        self._stream = stream
        self._lowers = lowers
        self._tree = Tree(root, lowers, follow=not whiteouts, maker=maker)
        self._makers = {
            header.REGULAR: self._file,
            header.DIRECTORY: self._directory,
            header.HARDLINK: self._hardlink,
            header.SYMLINK: self._symlink,
            **dict.fromkeys(nodes.SPECIAL, self._special),
        }
        self.size = 0
        self.count = 0

    def run(self) -> None:
        """Reads the archive to its end and the stream to its own.

        Raises ``TarError`` for a fault of the archive, ``OSError`` for one of this host.
        """
        self.extract()
        if self._tree.displaced:
            self.size = size_below(self._root, set())

    def extract(self) -> None:
        """As ``run``, but ``size`` counts also what other entries have replaced."""
        for entry in entries(self._stream):
            self._add(entry)
        for path, entry in self._tree.unsettled():
            self._finish(path, entry)
        self._stream.drain()

    def _add(self, entry: Entry) -> None:
        self.count += 1
        self._tree.trim()
        name = self._placed(entry.name)
        parent, _, base = name.rpartition(b"/")
        try:
            if self._whiteouts and (base.startswith(WHITEOUT) or name.startswith(WHITEOUT_META)):
                self._whiteout(name, parent, base)
            elif entry.kind not in self._makers:
                raise TarError(f"unhandled tar header type {entry.kind[0]}")
            elif name:
                self._make(entry, self._tree.directory(parent), base)
            elif entry.kind == header.DIRECTORY:
                self._tree.settle(b"", entry)
            else:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        except OSError as error:
            raise _explained(error, entry, name) from error

    def _finish(self, path: bytes, entry: Entry) -> None:
        self._tree.trim()
        try:
            self._tree.finish(path, entry)
        except OSError as error:
            raise _explained(error, entry, path) from error

    def _whiteout(self, name: bytes, parent: bytes, base: bytes) -> None:
        if base == OPAQUE_MARK:
            make_opaque(self._tree.directory(parent).fd)
            return
        if name.startswith(WHITEOUT_META) or base.startswith(WHITEOUT_META):
            return  # aufs's own book-keeping
        hidden = base.removeprefix(WHITEOUT)
        if hidden in (b"", b".", b".."):
            raise TarError(f"invalid whiteout /{printable(name)}")
        where = self._tree.directory(parent)
        try:
            make_whiteout(where.fd, hidden)
        except FileExistsError:
            # This layer's own stays. A file hides what is below by being there, a directory must be told to.
            if stat.S_ISDIR(os.lstat(hidden, dir_fd=where.fd).st_mode):
                make_opaque(self._tree.directory(where.child(hidden)).fd)

    def _make(self, entry: Entry, where: Directory, base: bytes) -> None:
        make = self._makers[entry.kind]
        try:
            make(entry, where, base)
        except FileExistsError:
            if self._may_stay(entry, where, base):
                return
            whiteout = self._tree.remove(where, base)
            make(entry, where, base)
            if whiteout and entry.kind == header.DIRECTORY:
                make_opaque(self._tree.directory(where.child(base)).fd)

    def _may_stay(self, entry: Entry, where: Directory, base: bytes) -> bool:
        """Of two entries of a name the later wins, but directories are merged, and a link to itself is none."""
        if entry.kind == header.DIRECTORY and stat.S_ISDIR(os.lstat(base, dir_fd=where.fd).st_mode):
            self._tree.settle(where.child(base), entry)
            return True
        if entry.kind == header.HARDLINK:  # GNU tar writes a file that was named twice so
            source, target = self._target(entry)
            return source is where and target == base
        return False

    def _file(self, entry: Entry, where: Directory, base: bytes) -> None:
        fd = nodes.create(where.fd, base, entry.mode)
        try:
            if entry.segments is None:
                self._copy(fd, entry.stored)
            else:
                for offset, length in entry.segments:
                    os.lseek(fd, offset, os.SEEK_SET)
                    self._copy(fd, length)
                os.ftruncate(fd, entry.size)
            nodes.seal(fd, entry)
        finally:
            os.close(fd)
        self.size += entry.size

    def _copy(self, fd: int, count: int) -> None:
        for piece in self._stream.pieces(count):
            written = os.write(fd, piece)
            while written < len(piece):
                written += os.write(fd, piece[written:])

    def _directory(self, entry: Entry, where: Directory, base: bytes) -> None:
        os.mkdir(base, 0o755, dir_fd=where.fd)
        self._tree.settle(where.child(base), entry)

    def _symlink(self, entry: Entry, where: Directory, base: bytes) -> None:
        nodes.symlink(where.fd, base, entry)
        self.size += len(entry.link)

    def _special(self, entry: Entry, where: Directory, base: bytes) -> None:
        nodes.special(where.fd, base, entry)

    def _hardlink(self, entry: Entry, where: Directory, base: bytes) -> None:
        source, target = self._target(entry)
        try:
            os.link(target, base, src_dir_fd=source.fd, dst_dir_fd=where.fd, follow_symlinks=False)
        except FileNotFoundError:
            self.size += copy_up(self._lowers, source, target)
            os.link(target, base, src_dir_fd=source.fd, dst_dir_fd=where.fd, follow_symlinks=False)

    def _placed(self, name: bytes) -> bytes:
        """Where in the tree an archive's name is."""
        return normalized(name)

    def _target(self, entry: Entry) -> tuple[Directory, bytes]:
        parent, _, target = self._placed(entry.link).rpartition(b"/")
        return self._tree.directory(parent), target


def size_below(at: int, seen: set[int]) -> int:
    """The bytes below an open directory, each file once; ``seen`` are inodes that count no more."""
    total = 0
    for name in os.listdir(at):
        status = os.lstat(name, dir_fd=at)
        if stat.S_ISDIR(status.st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            total += size_below(fd, seen)
            os.close(fd)
        elif status.st_ino not in seen:
            seen.add(status.st_ino)
            total += status.st_size
    return total


def _explained(error: OSError, entry: Entry, name: bytes) -> Exception:
    """The error in Docker's words, as a fault of the archive or of this host."""
    source = f"/{printable(normalized(entry.link))} " if entry.kind == header.HARDLINK else ""
    verb = _VERBS.get(entry.kind, "mknod")
    if error.errno in NO_SPACE and entry.kind == header.REGULAR:
        verb = "write"
    if isinstance(error, nodes.XattrRefused):
        verb = f"lsetxattr {printable(error.key)}"
    reason = os.strerror(error.errno or errno.EIO).lower()
    text = f"{verb} {source}/{printable(name)}: {reason}"
    return OSError(error.errno, text) if error.errno in _HOST_FAULTS else TarError(text)
