"""Layers in memory: a layer's diff ID is the digest of its bytes, and bytes that begin with ``corrupt`` are corrupt."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.fakes.registry import digest_of
from tests.fakes.store import FakeContent
from wherry.errors import CorruptLayer
from wherry.model.change import ChangeKind, PathChange
from wherry.model.image import Applied


class FakeLayers:
    """``applied`` has the trees that were made, and below which others; ``gate`` holds up all that apply, ``begun`` is
    released by each that begins."""

    def __init__(self, content: FakeContent) -> None:
        self.applied: dict[Path, tuple[Path, ...]] = {}
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Semaphore(0)
        self._content = content

    async def apply(self, source: AsyncIterator[bytes], into: Path, parents: tuple[Path, ...] = ()) -> Applied:
        return await self._apply(source, into, parents, None)

    async def _apply(
        self,
        source: AsyncIterator[bytes],
        into: Path,
        parents: tuple[Path, ...],
        below: Callable[[], Awaitable[None]] | None,
    ) -> Applied:
        self.begun.release()
        data = b""
        async for chunk in source:
            data += chunk
            if data.startswith(b"corrupt"):
                raise CorruptLayer("archive/tar: invalid tar header")
        if self.gate is not None:
            await self.gate.wait()
        if below is not None:
            await below()
        self.applied[into] = parents
        return Applied(diff_id=digest_of(data), size=len(data), entries=1)

    async def apply_file(
        self,
        blob: Path,
        into: Path,
        parents: tuple[Path, ...] = (),
        diff_id: str = "",
        below: Callable[[], Awaitable[None]] | None = None,
        passed: Callable[[int], None] | None = None,
    ) -> Applied:
        digest = f"sha256:{blob.name}"
        applied = await self._apply(self._content.chunks(digest), into, parents, below)
        if passed is not None:
            passed(self._content.size(digest))
        return applied

    async def diff(self, upper: Path) -> AsyncGenerator[bytes, None]:
        yield f"changes of {upper}".encode()

    async def gzip(self, source: Path, diff_id: str) -> AsyncGenerator[bytes, None]:
        yield b"\x1f\x8b\x08" + diff_id.encode()

    async def pack(self, tree: Path) -> AsyncGenerator[bytes, None]:
        yield f"files of {tree}".encode()

    async def pack_merged(self, trees: tuple[Path, ...]) -> AsyncGenerator[bytes, None]:
        for tree in trees:
            yield f"{tree}\n".encode()

    async def changes(self, upper: Path, lowers: tuple[Path, ...]) -> tuple[PathChange, ...]:
        return (
            PathChange(f"/{upper.parent.name}", ChangeKind.ADDED),
            *(PathChange(str(low), ChangeKind.MODIFIED) for low in lowers),
        )
