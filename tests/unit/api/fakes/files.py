"""Files of containers, and images made of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.unit.api.samples import IMAGE, NOW

from wherry.engine.containers.committing import CommitRequest
from wherry.engine.containers.copying import Packed
from wherry.errors import (
    NotFound,
)
from wherry.model.image import Image
from wherry.model.path_stat import PathStat


class FakeCopying:
    """One file, ``/etc/motd``."""

    def __init__(self) -> None:
        self.unpacked: dict[str, bytes] = {}
        self.options: dict[str, bool] = {}

    async def stat(self, ref: str, path: str) -> PathStat:
        if path != "/etc/motd":
            raise NotFound(f"Could not find the file {path} in container {ref}")
        return PathStat(name="motd", size=3, mode=0o100644, modified=NOW)

    @asynccontextmanager
    async def pack(self, ref: str, path: str) -> AsyncIterator[Packed]:
        yield Packed(stat=await self.stat(ref, path), chunks=_pieces(b"the ", b"archive"))

    async def unpack(self, ref: str, path: str, chunks: AsyncIterator[bytes], **options: bool) -> None:
        self.unpacked[path] = b"".join([chunk async for chunk in chunks])
        self.options = options


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class FakeCommitting:
    """Notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, CommitRequest]] = []

    async def commit(self, ref: str, request: CommitRequest) -> Image:
        self.asked.append((ref, request))
        return IMAGE
