"""Layers made by hand, applied, and trees described."""

import asyncio
import os
import stat
import tarfile
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tests.harness.archives import Member, archive

from wherry.model.image import Applied
from wherry.store.layers.changesets import Layers

MTIME = 1_600_000_000
T = TypeVar("T")
layer = archive


def member(name: str, kind: bytes, content: bytes = b"", **fields: Any) -> Member:
    info = tarfile.TarInfo()
    info.name, info.type, info.size, info.mtime = name, kind, len(content), MTIME
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def directory(name: str, **fields: Any) -> Member:
    return member(name, tarfile.DIRTYPE, **{"mode": 0o755, **fields})


def file(name: str, content: bytes = b"", **fields: Any) -> Member:
    return member(name, tarfile.REGTYPE, content, **fields)


def symlink(name: str, target: str, **fields: Any) -> Member:
    return member(name, tarfile.SYMTYPE, linkname=target, **fields)


def hardlink(name: str, target: str, **fields: Any) -> Member:
    return member(name, tarfile.LNKTYPE, linkname=target, **fields)


async def chunks(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


class Stalling:
    """An archive that stops after its ``beginning``."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self.stalled = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._beginning
        self.stalled.set()
        await asyncio.Event().wait()


def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that must not take for ever."""
    return asyncio.run(asyncio.wait_for(work, 60))


def apply(data: bytes, into: Path, *parents: Path, size: int = 1 << 16) -> Applied:
    into.mkdir(exist_ok=True)
    return finish(Layers().apply(chunks(data, size), into, parents))


async def gathered(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in stream])


class Node(NamedTuple):
    """All that a user can see of a file."""

    mode: str
    owner: tuple[int, int]
    links: int
    mtime: int
    content: bytes | str | int
    xattrs: dict[str, bytes]


def described(root: Path) -> dict[str, Node]:
    """Every file below a directory and the directory itself, as ``.``."""
    found = {".": node(root)}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(folder, name)
            found[str(path.relative_to(root))] = node(path)
    return found


def node(path: Path) -> Node:
    status = path.lstat()
    content: bytes | str | int = status.st_rdev
    if stat.S_ISREG(status.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    links = 0 if stat.S_ISDIR(status.st_mode) else status.st_nlink
    xattrs = {
        name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
    }
    owner = status.st_uid, status.st_gid
    return Node(stat.filemode(status.st_mode), owner, links, status.st_mtime_ns, content, xattrs)
