"""Files of a view of a container: looked at, packed, unpacked.

Paths are resolved as a process would whose root that is. What is found is reached by descriptors, so that a link that
is swapped meanwhile leads nowhere else; archives are unpacked by a confined process.
"""

import errno
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, Generator
from pathlib import Path
from posixpath import basename, dirname
from typing import Final

import msgspec

from wherry.errors import CorruptLayer, InternalError, InvalidArgument
from wherry.model.mount import Viewed
from wherry.model.path_stat import PathStat
from wherry.store.failures import explained
from wherry.store.layers.changesets import streamed
from wherry.store.programs.children import Child, Start
from wherry.store.programs.intake import received
from wherry.store.trees.descriptors import closing_fd, open_in_root
from wherry.tar import pack
from wherry.tar.trees.owners import Owners
from wherry.threads import alone

_MAX_LINKS: Final = 40  # as path_resolution(7)
_ABSENT: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_MAX_TEXT: Final = 1 << 20  # bytes
_LOOK: Final = os.O_PATH | os.O_NOFOLLOW
_LIST: Final = os.O_RDONLY | os.O_DIRECTORY


class ViewFiles:
    """Each look is a thread of its own: what is mounted in a view may be somebody else's."""

    def __init__(self, start: Start = Child) -> None:
        self._start = start

    async def stat(self, viewed: Viewed, path: str) -> PathStat | None:
        """What is at ``path``, a link at its end not followed; None if nothing is. InternalError if it cannot be."""
        return await alone(_stat, viewed.root, path)

    async def resolve(self, viewed: Viewed, path: str) -> str | None:
        """The path without links of the directory that ``path`` leads to; None if nothing is there. InvalidArgument
        for anything but a directory, InternalError for what cannot be."""
        return await alone(_resolve, viewed.root, path)

    async def read_text(self, viewed: Viewed, path: str) -> str:
        """The beginning of a text file; "" if it is not there, or no regular file. InternalError if it cannot be
        read."""
        return await alone(_read_text, viewed.root, path)

    def pack(self, viewed: Viewed, path: str) -> AsyncGenerator[bytes, None]:
        """A file, or a directory and all in it, as tar, named by the last part of ``path``. To be closed."""
        return streamed(_pack(viewed.root, path, _owners(viewed)), Path(path))

    async def unpack(
        self, viewed: Viewed, directory: str, chunks: AsyncIterable[bytes], *, owner: tuple[int, int] | None, keep: bool
    ) -> None:
        """An archive, compressed or plain, into a ``directory`` that has no links in its path; see
        ``tar.unpack.Unpacker``. InvalidArgument for what is no archive or may not be unpacked."""
        who = "" if owner is None else f"{owner[0]}:{owner[1]}"
        arguments = (viewed.namespace, directory, who, "keep" if keep else "", str(_owners(viewed)))
        try:
            await received(self._start, "cp", arguments, chunks)
        except CorruptLayer as error:
            raise InvalidArgument(str(error)) from error


def _opened_root(root: str) -> int:
    return os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def _stat(root: str, path: str) -> PathStat | None:
    with explained(f"lstat {path}"), closing_fd(_opened_root(root)) as top:
        try:
            fd = open_in_root(top, path, _LOOK)
        except FileNotFoundError:
            return None
        with closing_fd(fd):
            status = os.fstat(fd)
        return PathStat(
            name=basename(path.rstrip("/")) or "/",
            size=status.st_size,
            mode=status.st_mode,
            modified=status.st_mtime_ns,
            link_target=_followed(top, path) if stat.S_ISLNK(status.st_mode) else "",
        )


def _resolve(root: str, path: str) -> str | None:
    with explained(f"lstat {path}"), closing_fd(_opened_root(root)) as top:
        try:
            fd = open_in_root(top, path, os.O_PATH)
        except FileNotFoundError:
            return None
        with closing_fd(fd):
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                raise InvalidArgument("extraction point is not a directory")
        return _followed(top, path)


def _read_text(root: str, path: str) -> str:
    with explained(f"read {path}"), closing_fd(_opened_root(root)) as top:
        try:
            fd = open_in_root(top, path, os.O_PATH)
        except OSError as error:
            if error.errno in _ABSENT:
                return ""
            raise
        with closing_fd(fd):
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return ""
            with open(f"/proc/self/fd/{fd}", "rb") as file:  # the same file, whatever was put in its place
                return file.read(_MAX_TEXT).decode("utf-8", "replace")


def _followed(root: int, path: str) -> str:
    """Where ``path`` leads, all links followed; what is missing on the way is taken as it is written."""
    names, parts, links = path.split("/")[::-1], list[str](), 0
    while names:
        name = names.pop()
        if name == "..":
            parts[-1:] = []
        elif name not in ("", "."):
            parts.append(name)
            target = _link(root, "/".join(parts))
            if target:
                links += 1
                if links > _MAX_LINKS:
                    raise InternalError(f"evalSymlinksInScope: too many links in {path}")
                parts = [] if target.startswith("/") else parts[:-1]
                names += target.split("/")[::-1]
    return "/" + "/".join(parts)


def _link(root: int, path: str) -> str:
    """Where a symbolic link leads, "" for what is none."""
    try:
        fd = open_in_root(root, path, _LOOK)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    with closing_fd(fd):
        return os.readlink("", dir_fd=fd) if stat.S_ISLNK(os.fstat(fd).st_mode) else ""


def _owners(viewed: Viewed) -> Owners:
    if viewed.remapping is None:
        return Owners()
    return Owners(*(map(msgspec.structs.astuple, ranges) for ranges in (viewed.remapping.uids, viewed.remapping.gids)))


def _pack(root: str, path: str, owners: Owners) -> Generator[bytes, None, None]:
    shown = basename(path.rstrip("/")) or "/"
    with closing_fd(_opened_root(root)) as top, closing_fd(open_in_root(top, path, _LOOK)) as fd:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            with closing_fd(open_in_root(fd, ".", _LIST)) as here:
                yield from pack.pack_named(here, b".", os.fsencode(shown), owners)
        else:
            with closing_fd(open_in_root(top, dirname(path), os.O_PATH | os.O_DIRECTORY)) as here:
                yield from pack.pack_named(here, os.fsencode(shown), os.fsencode(shown), owners)
