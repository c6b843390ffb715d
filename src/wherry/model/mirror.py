"""Mirrors: directories of clients, kept from build to build, and what clients tell of the files in them."""

import stat
from collections.abc import Callable, Sequence

from msgspec import Struct


class OfferedFile(Struct, frozen=True, kw_only=True):
    """A file as a client tells of it. ``path`` is relative, ``mode`` as st_mode in stat(2), ``size`` in bytes,
    ``mtime`` in nanoseconds since the epoch. ``link`` is where a symbolic link leads, or the path of the file before
    it that a hard link is another name of."""

    path: bytes
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: bytes = b""
    device: tuple[int, int] = (0, 0)
    xattrs: dict[str, bytes] = {}

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_regular(self) -> bool:
        """A file with content of its own, or a hard link."""
        return stat.S_ISREG(self.mode)


class KnownFile(Struct, frozen=True, kw_only=True, array_like=True):
    """A file of a mirror, by what its client told of it: ``token``, which is b"" where that was not true.

    ``target`` is what a hard link is another name of, ``digest`` the SHA-256 of the content, b"" if it has none.
    """

    token: bytes
    path: bytes
    is_directory: bool = False
    target: bytes = b""
    size: int = 0
    mtime: int = 0
    digest: bytes = b""


class Told(Struct, frozen=True):
    """What a client tells of a directory's files: ``tokens``, in the order of a walk, of which equal ones tell the
    same, and what each of them says, by its number."""

    tokens: Sequence[bytes]
    file: Callable[[int], OfferedFile]


class MadeFile(Struct, frozen=True):
    """A file to be made. ``number`` is the client's for one whose content is to be asked for, None for others."""

    number: int | None
    file: OfferedFile


class Changes(Struct, frozen=True, kw_only=True):
    """What makes a mirror what its client tells: first ``removed`` goes, what a directory holds before it; then
    ``made`` comes, directories first; at last all ``dressed`` directories have their attributes. ``files`` is all that
    is there then, digests of what is new missing."""

    removed: tuple[bytes, ...]
    made: tuple[MadeFile, ...]
    dressed: tuple[OfferedFile, ...]
    files: tuple[KnownFile, ...]

    @property
    def wanted(self) -> tuple[int, ...]:
        """The numbers of the files whose content is needed."""
        return tuple(made.number for made in self.made if made.number is not None)
