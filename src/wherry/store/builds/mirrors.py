"""Mirrors: directories of clients, kept from build to build. Each is a folder with the ``tree``, and an ``index`` that
tells what that holds; there is none while the tree is being changed."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wherry.model.mirror import Changes, KnownFile
from wherry.store.failures import explained
from wherry.store.programs.children import Child, Start
from wherry.store.programs.intake import poured
from wherry.store.trees.removal import child
from wherry.tar.programs.mirror import DIGESTS, INDEX, TREE
from wherry.threads import Threads

Digested = tuple[int, int, bytes]


class _Index(Struct, frozen=True, kw_only=True):
    boot: str
    files: tuple[KnownFile, ...]


_decode = msgspec.msgpack.Decoder(_Index).decode
_encode = msgspec.msgpack.Encoder().encode


class Mirrors:
    """In ``parent``, by the names of their folders."""

    def __init__(self, parent: Path, threads: Threads, start: Start = Child) -> None:
        self._parent = parent
        self._threads = threads
        self._start = start

    def tree(self, name: str) -> Path:
        return child(self._parent, name) / TREE

    def index(self, name: str) -> Path:
        """A file that tells `Selection` digests of the tree's files."""
        return child(self._parent, name) / INDEX

    async def files(self, name: str, boot: str) -> tuple[KnownFile, ...] | None:
        """What a mirror holds; None if that is not known: a change did not end, or not in this ``boot`` of the host,
        and what was written then may not have come to the disk."""
        index = await self._threads.run(_read, self.index(name))
        return index.files if index and index.boot == boot else None

    async def change(
        self, name: str, changes: Changes, packets: AsyncGenerator[bytes, None], space: Path, boot: str
    ) -> None:
        """Bring a mirror up to date. ``packets`` bring what is wanted, as `tar.builds.packets` reads it, and are
        closed when all is there; ``space`` is an empty folder of the same file system. Until all is there nothing has
        changed.

        InvalidArgument for contents that are not wanted, NoSpace on a full disk.
        """
        folder = child(self._parent, name)
        async with aclosing(packets), aclosing(_asked(changes, packets)) as asked:
            await poured(self._start, "mirror", (folder, space), asked)
        with explained(f"write {folder / INDEX}"):
            await self._threads.run(_write, folder / INDEX, changes, space / DIGESTS, boot)


def read_digests(path: Path) -> dict[bytes, Digested]:
    """Sizes in bytes, times in nanoseconds and SHA-256 of a mirror's files by their paths. Blocks."""
    index = _read(path)
    files = index.files if index else ()
    found = {file.path: (file.size, file.mtime, file.digest) for file in files if file.digest}
    return found | {file.path: found[file.target] for file in files if file.target in found}


def _read(path: Path) -> _Index | None:
    """None if there is none, or none that this version wrote."""
    with explained(f"read {path}"), suppress(FileNotFoundError, msgspec.DecodeError):
        return _decode(path.read_bytes())
    return None


def _write(path: Path, changes: Changes, digests: Path, boot: str) -> None:
    """Whole or not at all."""
    received = msgspec.json.decode(digests.read_bytes(), type=dict[int, tuple[int, str]])
    numbers = {made.file.path: made.number for made in changes.made}
    contents = {path: received[number] for path, number in numbers.items() if number is not None}
    half = path.with_name(f"{path.name}.new")
    half.write_bytes(_encode(_Index(boot=boot, files=tuple(_known(file, contents) for file in changes.files))))
    os.replace(half, path)


def _known(file: KnownFile, contents: dict[bytes, tuple[int, str]]) -> KnownFile:
    """With the digest of what came. If that was not of the size that was told, the file has changed meanwhile: next
    time it is asked for again."""
    if file.path not in contents:
        return file
    size, digest = contents[file.path]
    token = file.token if size == file.size else b""
    return replace(file, token=token, size=size, digest=bytes.fromhex(digest))


async def _asked(changes: Changes, packets: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """What the process reads."""
    request = msgspec.json.encode({"removed": changes.removed, "made": changes.made, "dressed": changes.dressed})
    yield len(request).to_bytes(4, "big") + request
    if changes.wanted:
        async for data in packets:
            yield data
