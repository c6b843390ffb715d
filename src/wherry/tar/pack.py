"""Trees written as tar: a plain tree as it is, an overlay's upper directory as the changeset it stands for.

Order is by name at each level, times come from the files, owners are numbers: one tree gives one archive.
"""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import closing, suppress

from ..spans import spans
from .batching import Piece, batched, with_spans
from .format.header import DIRECTORY, HARDLINK, REGULAR, SYMLINK
from .format.writer import END, header, padding
from .trees.merged import Merged
from .trees.nodes import kind_of
from .trees.owners import Owners
from .trees.walking import Keep, walk
from .trees.whiteouts import OPAQUE_MARK, OVERLAY_XATTR, WHITEOUT, is_opaque, is_whiteout

# Of this host, not of the file: labels and measurements of its security modules, overlayfs's book-keeping.
_HOST_XATTRS = (OVERLAY_XATTR.decode(), "security.selinux", "security.ima", "security.evm")
_SECOND = 1_000_000_000
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK

_SAME = Owners()

Xattrs = tuple[tuple[bytes, bytes], ...]


def pack(
    tree: str | bytes, prefix: bytes = b"", keep: Keep | None = None, enter: Keep | None = None
) -> Generator[bytes, None, None]:
    """The archive of all that is below a directory, in chunks.

    Names are paths relative to it behind ``prefix``; ``keep`` is asked with the path, and what it refuses is
    left out with all that is below, unless it is a directory that ``enter`` accepts. Sockets are left out. Raises
    ``OSError``.
    """
    return batched(_Packer(prefix, keep, enter, overlay=False).archive(tree))


def pack_spans(tree: str | bytes, keep: Keep | None, enter: Keep | None) -> Generator[Piece, None, None]:
    """As ``pack``; of large files there are spans, each to be used before the next piece is asked for."""
    return with_spans(_Packer(b"", keep, enter, overlay=False).archive(tree))


def pack_named(at: int, name: bytes, shown: bytes, owners: Owners = _SAME) -> Generator[bytes, None, None]:
    """The archive of what is called ``name`` in an open directory, and of all in it, under the name ``shown``.

    Times are whole seconds, as ``docker cp`` has them; owners are those inside. Raises ``OSError``.
    """
    return batched(_Packer(b"", None, None, overlay=False, whole_seconds=True, owners=owners).named(at, name, shown))


def pack_named_spans(at: int, name: bytes, shown: bytes) -> Generator[Piece, None, None]:
    """As ``pack_named``; of large files there are spans, each to be used before the next piece is asked for."""
    return with_spans(_Packer(b"", None, None, overlay=False, whole_seconds=True).named(at, name, shown))


def diff(upper: str | bytes) -> Generator[bytes, None, None]:
    """The changeset that an overlay's upper directory stands for: whiteouts in the form of OCI's layers.

    The overlay must have been mounted without ``redirect_dir`` and ``metacopy``: their upper directories do
    not hold all of what changed.
    """
    return batched(_Packer(b"", None, None, overlay=True).archive(upper))


def pack_merged(layers: tuple[str | bytes, ...]) -> Generator[bytes, None, None]:
    """The archive of what an overlay of these directories, the uppermost first, shows. Raises ``OSError``."""
    return batched(_Packer(b"", None, None, overlay=False).merged(layers))


class _Packer:
    def __init__(
        self,
        prefix: bytes,
        keep: Keep | None,
        enter: Keep | None,
        overlay: bool,
        whole_seconds: bool = False,
        owners: Owners = _SAME,
    ) -> None:
        self._prefix = prefix
        self._keep = keep
        self._enter = enter
        self._overlay = overlay
        self._owners = owners
        self._tick = _SECOND if whole_seconds else 1
        self._links: dict[tuple[int, int], bytes] = {}

    def archive(self, tree: str | bytes) -> Iterator[Piece]:
        fd = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if self._overlay and is_opaque(fd):
            yield header(OPAQUE_MARK, REGULAR, 0o600)
        yield from self._below(fd)
        yield END

    def named(self, at: int, name: bytes, shown: bytes) -> Iterator[Piece]:
        """As ``archive``, of one entry."""
        status = os.lstat(name, dir_fd=at)
        if stat.S_ISDIR(status.st_mode):
            self._prefix = shown.rstrip(b"/") + b"/"
            fd = os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=at)
            yield from self._directory(fd, b"", status)
            yield from self._below(fd)
        else:
            yield from self._member(at, name, shown, status)
        yield END

    def merged(self, layers: tuple[str | bytes, ...]) -> Iterator[Piece]:
        """As ``archive``, of a stack of directories. A member comes from the uppermost that has it."""
        top = Merged.open(layers)
        try:
            for path, at, name, status in top.members():
                with suppress(FileNotFoundError, NotADirectoryError):  # a living tree changes between looks
                    if stat.S_ISDIR(status.st_mode):
                        yield from self._named_directory(at, name, path + b"/", status)
                    else:
                        yield from self._member(at, name, path, status)
            yield END
        finally:
            top.close()

    def _named_directory(self, at: int, name: bytes, path: bytes, status: os.stat_result) -> Iterator[Piece]:
        fd = os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=at)
        try:
            yield from self._directory(fd, path, status)
        finally:
            os.close(fd)

    def _below(self, root: int) -> Iterator[Piece]:
        """Everything below an open directory, which it closes."""
        with closing(walk(root, self._keep, self._enter)) as found:
            for at, name, path, status in found:
                with suppress(FileNotFoundError):  # a living tree loses files between a look and the next
                    if stat.S_ISDIR(status.st_mode):
                        yield from self._directory(at, path, status)
                    else:
                        yield from self._member(at, name, path, status)

    def _directory(self, fd: int, path: bytes, status: os.stat_result) -> Iterator[Piece]:
        yield self._header(path, DIRECTORY, status, xattrs=_xattrs(fd))
        if self._overlay and is_opaque(fd):
            yield header(self._prefix + path + OPAQUE_MARK, REGULAR, 0o600)

    def _member(self, at: int, name: bytes, path: bytes, status: os.stat_result) -> Iterator[Piece]:
        kind = kind_of(status)
        if kind is None:
            return
        if self._overlay and is_whiteout(status):
            yield header(path.removesuffix(name) + WHITEOUT + name, REGULAR, 0o600)
            return
        if status.st_nlink > 1:
            first = self._links.setdefault((status.st_dev, status.st_ino), path)
            if first is not path:
                yield self._header(path, HARDLINK, status, link=self._prefix + first)
                return
        if kind == REGULAR:
            yield from self._file(at, name, path, status)
        elif kind == SYMLINK:
            yield self._header(path, kind, status, link=os.readlink(name, dir_fd=at))
        else:
            yield self._header(path, kind, status, device=(os.major(status.st_rdev), os.minor(status.st_rdev)))

    def _file(self, at: int, name: bytes, path: bytes, status: os.stat_result) -> Iterator[Piece]:
        fd = os.open(name, _OPEN, dir_fd=at)
        try:
            yield self._header(path, REGULAR, status, size=status.st_size, xattrs=_xattrs(fd))
            # A span of a file that shrinks meanwhile is filled up: the header has promised its size.
            yield from spans(fd, 0, status.st_size)
            yield padding(status.st_size)
        finally:
            os.close(fd)

    def _header(
        self,
        path: bytes,
        kind: bytes,
        status: os.stat_result,
        size: int = 0,
        link: bytes = b"",
        device: tuple[int, int] = (0, 0),
        xattrs: Xattrs = (),
    ) -> bytes:
        name, mode = self._prefix + path, stat.S_IMODE(status.st_mode)
        mtime = status.st_mtime_ns - status.st_mtime_ns % self._tick
        uid, gid = self._owners.inside((status.st_uid, status.st_gid))
        return header(name, kind, mode, uid, gid, size, mtime, link, device, xattrs)


def _xattrs(fd: int) -> Xattrs:
    names = sorted(name for name in os.listxattr(fd) if not name.startswith(_HOST_XATTRS))
    return tuple((os.fsencode(name), os.getxattr(fd, name)) for name in names)
