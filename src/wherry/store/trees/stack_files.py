"""All files of a stack of layers, told and read: for who writes them elsewhere."""

import os
import stat
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from wherry.model.mirror import OfferedFile
from wherry.store.failures import explained
from wherry.store.trees.descriptors import closing_fd
from wherry.store.trees.stacks import opened
from wherry.tar.pack import pack_merged
from wherry.tar.trees.merged import Merged
from wherry.tar.trees.nodes import own_xattrs
from wherry.threads import Threads

_PIECE = 1 << 18  # bytes
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class StackFiles:
    """Of ``trees``, the uppermost first, which nobody changes meanwhile."""

    def __init__(self, trees: tuple[Path, ...], threads: Threads) -> None:
        self._trees = trees
        self._threads = threads

    async def files(self) -> tuple[OfferedFile, ...]:
        """All but sockets, each directory's by name, directories before what they hold."""
        return await self._threads.run(self._listed)

    async def content(self, path: bytes) -> AsyncGenerator[bytes, None]:
        """A regular file's, in pieces."""
        at = 0
        while piece := await self._threads.run(self._piece, path, at):
            yield piece
            at += len(piece)
            if len(piece) < _PIECE:
                return

    async def archive(self) -> AsyncGenerator[bytes, None]:
        """All of them as tar, in chunks."""
        with explained("reading the result of the build"):
            chunks = pack_merged(tuple(map(os.fspath, self._trees)))
            try:
                while chunk := await self._threads.run(next, chunks, b""):
                    yield chunk
            finally:
                chunks.close()

    def _listed(self) -> tuple[OfferedFile, ...]:
        with explained("reading the result of the build"):
            top = opened(self._trees)
            try:
                return tuple(_described(top))
            finally:
                top.close()

    def _piece(self, path: bytes, at: int) -> bytes:
        folder, _, name = path.rpartition(b"/")
        with explained("reading the result of the build"):
            top = opened(self._trees)
            try:
                return _read(top, folder, name, at)
            finally:
                top.close()


def _read(top: Merged, folder: bytes, name: bytes, at: int) -> bytes:
    here = top.descend(folder)
    try:
        found = here.find(name)
        if found is None or not stat.S_ISREG(found[1].st_mode):
            return b""
        with closing_fd(os.open(name, _READ, dir_fd=found[0])) as fd:
            return os.pread(fd, _PIECE, at)
    finally:
        here.close()


def _described(top: Merged) -> Iterator[OfferedFile]:
    linked: dict[tuple[int, int], bytes] = {}
    for path, at, name, status in top.members():
        if stat.S_ISSOCK(status.st_mode):
            continue
        link = b""
        if stat.S_ISLNK(status.st_mode):
            link = os.readlink(name, dir_fd=at)
        elif status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            first = linked.setdefault((status.st_dev, status.st_ino), path)
            link = b"" if first is path else first
        yield OfferedFile(
            path=path,
            mode=status.st_mode,
            uid=status.st_uid,
            gid=status.st_gid,
            size=status.st_size if stat.S_ISREG(status.st_mode) and not link else 0,
            mtime=status.st_mtime_ns,
            link=link,
            device=(os.major(status.st_rdev), os.minor(status.st_rdev)),
            xattrs=_xattrs(at, name, status),
        )


def _xattrs(at: int, name: bytes, status: os.stat_result) -> dict[str, bytes]:
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return {}
    with closing_fd(os.open(name, _READ, dir_fd=at)) as fd:
        return {os.fsdecode(key): value for key, value in own_xattrs(fd).items()}
