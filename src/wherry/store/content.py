"""Blobs: files named by the digest of what they hold.

A blob is written under a temporary name, hashed on the way, and renamed when digest and size are right: a name that
exists has its whole content, whenever the engine dies. Nothing is fsynced: a pull would wait for the disk (1 s for
500 MB) and, with ext4's ordered journal, for everybody else's data too. So a *power failure* within about half a
minute may leave a blob short or empty under its name. Whoever reads such a blob finds out: ``read`` compares the
digest, unpacking a layer its diff ID.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from wherry.errors import DigestMismatch, InternalError, InvalidArgument, NotFound
from wherry.store.failures import explained
from wherry.store.threads import Threads, settled

BATCH: Final = 1 << 20  # bytes a thread hashes and writes at a time: few hand-overs, and 2 MiB a blob at most

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")


class Content:
    """The folder ``blobs``."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._blobs = folder / "sha256"
        self._temporary = folder / "tmp"
        self._threads = threads
        with explained(f"open {folder}"):
            for directory in (self._blobs, self._temporary):
                directory.mkdir(mode=0o710, parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where a blob is or would be. InvalidArgument if ``digest`` is no ``sha256:<64 hex digits>``."""
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise InvalidArgument(f"invalid checksum digest format: {digest!r}")
        return self._blobs / match[1]

    def has(self, digest: str) -> bool:
        return self.path(digest).exists()

    def digests(self) -> tuple[str, ...]:
        """All blobs, sorted."""
        return tuple(sorted(f"sha256:{name}" for name in os.listdir(self._blobs)))

    async def read(self, digest: str) -> bytes:
        """A small blob whole. NotFound if it is not here; InternalError, and it is here no more, if it was damaged."""
        return await self._threads.run(_read, self.path(digest), digest)

    async def put(self, data: bytes) -> str:
        """Store bytes; gives their digest."""
        return await self._threads.run(self._put, data)

    async def ingest(self, chunks: AsyncIterator[bytes], digest: str, size: int) -> None:
        """Store a stream that must hold ``size`` bytes of this digest, and close it.

        DigestMismatch, or InternalError for a wrong size or a full disk; nothing is left then, nor by a cancellation.
        """
        path = self.path(digest)
        incoming = Incoming(self._temporary, digest)
        try:
            await self._receive(chunks, incoming, size)
            await self._threads.run(incoming.keep, path)
        except BaseException:
            await self._threads.run(incoming.drop)
            raise
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def delete(self, digest: str) -> None:
        await self._threads.run(_unlink, self.path(digest))

    async def sweep(self) -> None:
        """Remove half-written blobs of an earlier life. None may be coming in meanwhile."""
        await self._threads.run(self._sweep)

    async def _receive(self, chunks: AsyncIterator[bytes], incoming: "Incoming", size: int) -> None:
        """One batch is hashed and written in a thread while the next is received."""
        received = 0
        writing = None
        try:
            async with aclosing(_batches(chunks)) as batches:
                async for batch in batches:
                    received += len(batch)
                    if received > size:
                        break
                    if writing is not None:
                        await settled(writing)
                    writing = self._threads.submit(incoming.write, batch)
        finally:
            if writing is not None:
                await settled(writing)
        if received != size:
            raise InternalError(f"unexpected size of blob {incoming.digest}: {received} bytes, expected {size}")

    def _put(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        incoming = Incoming(self._temporary, digest)
        try:
            incoming.write(data)
            incoming.keep(self.path(digest))
        except BaseException:
            incoming.drop()
            raise
        return digest

    def _sweep(self) -> None:
        for left in self._temporary.iterdir():
            _unlink(left)


class Incoming:
    """A blob that is not yet whole. Its methods block; one at a time."""

    def __init__(self, folder: Path, digest: str) -> None:
        self.digest = digest
        self._hash = hashlib.sha256()
        with explained(f"store blob {digest}"):
            self._fd, self._name = tempfile.mkstemp(dir=folder)

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        rest = memoryview(data)
        with explained(f"store blob {self.digest}"):
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def keep(self, path: Path) -> None:
        """Give it its name. DigestMismatch if that is not its digest."""
        actual = f"sha256:{self._hash.hexdigest()}"
        if actual != self.digest:
            raise DigestMismatch(self.digest, actual)
        with explained(f"store blob {self.digest}"):
            os.rename(self._name, path)
        os.close(self._fd)

    def drop(self) -> None:
        os.close(self._fd)
        _unlink(Path(self._name))


async def _batches(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Chunks joined to at least ``BATCH`` bytes, but for the last."""
    parts: list[bytes] = []
    length = 0
    async for chunk in chunks:
        parts.append(chunk)
        length += len(chunk)
        if length >= BATCH:
            yield b"".join(parts)
            parts, length = [], 0
    if parts:
        yield b"".join(parts)


def _read(path: Path, digest: str) -> bytes:
    with explained(f"read blob {digest}"):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None
        if hashlib.sha256(data).hexdigest() == path.name:
            return data
        _unlink(path)
    raise InternalError(f"content {digest} was damaged and has been removed: pull or load its image again")


def _unlink(path: Path) -> None:
    with explained(f"remove {path}"):
        path.unlink(missing_ok=True)
