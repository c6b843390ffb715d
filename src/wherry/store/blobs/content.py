"""Blobs: files named by the digest of what they hold.

A blob is written under a temporary name, hashed meanwhile (a large one by a thread of its own), and renamed when digest
and size are right: a name that exists has its whole content, whenever the engine dies. Here nothing is fsynced: before
an image becomes visible, all that belongs to it is brought to the disk at once (docs/adr/0007-power-failures.md). So a
*power failure* within about half a minute may leave a blob that no image names short or empty. Whoever reads such a
blob finds out: ``read`` compares the digest, unpacking a layer its diff ID.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import cached_property
from io import BufferedReader
from pathlib import Path
from typing import Final

from wherry.errors import DigestMismatch, InternalError, InvalidArgument, NotFound
from wherry.hashing import Hasher
from wherry.model.archive import Blob
from wherry.store.failures import explained
from wherry.threads import Threads, settled

PIECE: Final = 1 << 18  # bytes read at a time: a reader that is slow has some of them in memory
BATCH: Final = 1 << 20  # bytes a thread hashes and writes at a time: few hand-overs

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

    def size(self, digest: str) -> int:
        """Bytes of a blob. NotFound if it is not here."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            raise _missing(digest) from None

    async def read(self, digest: str) -> bytes:
        """A small blob whole. NotFound if it is not here; InternalError, and it is here no more, if it was damaged."""
        return await self._threads.run(_read, self.path(digest), digest)

    async def put(self, data: bytes) -> str:
        """Store bytes; gives their digest."""
        return await self._threads.run(self._put, data)

    async def ingest(self, chunks: AsyncIterable[bytes], digest: str, size: int) -> None:
        """Store a stream that must hold ``size`` bytes of this digest, and close it.

        DigestMismatch, or InternalError for a wrong size or a full disk; nothing is left then, nor by a cancellation.
        """
        path = self.path(digest)
        async with self._incoming(chunks, f"blob {digest}") as incoming:
            await self._receive(chunks, incoming, size)
            if incoming.size != size:
                raise InternalError(f"unexpected size of blob {digest}: {incoming.size} bytes, expected {size}")
            await self._threads.run(_keep_as, incoming, digest, path)

    async def absorb(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store a stream under the digest that it turns out to have, and close it.

        InternalError for a full disk; nothing is left then, nor by a cancellation.
        """
        async with self._incoming(chunks, "a blob") as incoming:
            await self._receive(chunks, incoming, None)
            return await self._threads.run(self.keep, incoming)

    async def chunks(self, digest: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a blob, each piece read while the one before is used. NotFound. To be closed."""
        with explained(f"read blob {digest}"), _open(self.path(digest), digest) as file:
            ahead = self._threads.submit(file.read, PIECE)
            try:
                while chunk := await settled(ahead):
                    ahead = self._threads.submit(file.read, PIECE)
                    yield chunk
            finally:
                await settled(ahead)

    def receive(self, what: str) -> "Incoming":
        """A blob to be written from a thread, then given to ``keep`` or dropped. Blocks."""
        return Incoming(self._temporary, what)

    def keep(self, incoming: "Incoming") -> Blob:
        """Give a blob its name. Blocks."""
        incoming.keep(self.path(incoming.digest))
        return Blob(digest=incoming.digest, size=incoming.size)

    async def delete(self, digest: str) -> None:
        await self._threads.run(_unlink, self.path(digest))

    async def sweep(self) -> None:
        """Remove half-written blobs of an earlier life. None may be coming in meanwhile."""
        await self._threads.run(self._sweep)

    @asynccontextmanager
    async def _incoming(self, chunks: AsyncIterable[bytes], what: str) -> AsyncIterator["Incoming"]:
        incoming = Incoming(self._temporary, what)
        try:
            yield incoming
        except BaseException:
            await self._threads.run(incoming.drop)
            raise
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def _receive(self, chunks: AsyncIterable[bytes], incoming: "Incoming", limit: int | None) -> None:
        """One batch is hashed and written in a thread while the next is received; not much more than ``limit``."""
        writing = None
        try:
            async with aclosing(_batches(chunks)) as batches:
                async for batch in batches:
                    if writing is not None:
                        await settled(writing)
                    if limit is not None and incoming.size > limit:
                        break
                    writing = self._threads.submit(incoming.write, batch)
        finally:
            if writing is not None:
                await settled(writing)

    def _put(self, data: bytes) -> str:
        incoming = Incoming(self._temporary, f"blob sha256:{hashlib.sha256(data).hexdigest()}")
        try:
            incoming.write(data)
            return self.keep(incoming).digest
        except BaseException:
            incoming.drop()
            raise

    def _sweep(self) -> None:
        for left in self._temporary.iterdir():
            _unlink(left)


class Incoming:
    """A blob that is not yet whole; ``what`` is its name in messages. Its methods block; one at a time."""

    def __init__(self, folder: Path, what: str) -> None:
        self.size = 0
        self._hasher = Hasher()
        self._doing = f"store {what}"
        self._kept = False
        with explained(self._doing):
            self._fd, self._name = tempfile.mkstemp(dir=folder)

    @cached_property
    def digest(self) -> str:
        """Of all that was written; no more may come."""
        return f"sha256:{self._hasher.hexdigest()}"

    def write(self, data: bytes | memoryview) -> None:
        self._hasher.update(data)
        self.size += len(data)
        rest = memoryview(data)
        with explained(self._doing):
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def keep(self, path: Path) -> None:
        """Give it its name."""
        with explained(self._doing):
            os.rename(self._name, path)
        self._kept = True
        os.close(self._fd)

    def drop(self) -> None:
        """Forget it; nothing happens if it was kept."""
        self._hasher.end()
        if not self._kept:
            os.close(self._fd)
            _unlink(Path(self._name))


def _keep_as(incoming: Incoming, digest: str, path: Path) -> None:
    if incoming.digest != digest:
        raise DigestMismatch(digest, incoming.digest)
    incoming.keep(path)


async def _batches(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
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
            raise _missing(digest) from None
        if hashlib.sha256(data).hexdigest() == path.name:
            return data
        _unlink(path)
    raise InternalError(f"content {digest} was damaged and has been removed: pull or load its image again")


def _open(path: Path, digest: str) -> BufferedReader:
    with explained(f"read blob {digest}"):
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise _missing(digest) from None


def _missing(digest: str) -> NotFound:
    return NotFound(f"content {digest}: not found")


def _unlink(path: Path) -> None:
    with explained(f"remove {path}"):
        path.unlink(missing_ok=True)
