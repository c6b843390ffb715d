"""The folder of blobs: what is left behind, and when."""

import asyncio
import hashlib
import os
import random
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wherry.errors import DigestMismatch, InternalError, NotFound
from wherry.store.blobs.content import BATCH, Content
from wherry.threads import Threads

DATA = random.Random(1).randbytes(3 * BATCH + 17)
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def content(tmp_path: Path, threads: Threads) -> Content:
    return Content(tmp_path / "blobs", threads)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    return tmp_path / "blobs" / "tmp"


async def pieces(size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(DATA), size):
        yield DATA[start : start + size]
        await asyncio.sleep(0)


@pytest.mark.parametrize("size", [1000, 65536, BATCH, len(DATA)])
async def test_a_blob_comes_in_pieces_of_any_size(content: Content, temporary: Path, size: int) -> None:
    await content.ingest(pieces(size), DIGEST, len(DATA))
    assert content.path(DIGEST).read_bytes() == DATA
    assert list(temporary.iterdir()) == []


async def test_one_blob_may_come_in_several_times_at_once(content: Content, temporary: Path) -> None:
    await asyncio.gather(*(content.ingest(pieces(65536), DIGEST, len(DATA)) for _ in range(4)))
    assert await content.read(DIGEST) == DATA
    assert list(temporary.iterdir()) == []


async def test_a_wrong_blob_does_not_replace_a_right_one(content: Content, temporary: Path) -> None:
    await content.ingest(pieces(65536), DIGEST, len(DATA))

    async def wrong() -> AsyncIterator[bytes]:
        yield DATA[:-1] + b"?"

    with pytest.raises(DigestMismatch):
        await content.ingest(wrong(), DIGEST, len(DATA))
    assert await content.read(DIGEST) == DATA
    assert list(temporary.iterdir()) == []


async def test_a_stream_without_end_is_left_when_it_is_too_long(content: Content, temporary: Path) -> None:
    closed = False

    async def endless() -> AsyncIterator[bytes]:
        nonlocal closed
        try:
            while True:
                yield bytes(BATCH)
        finally:
            closed = True

    with pytest.raises(InternalError, match="unexpected size of blob"):
        await content.ingest(endless(), DIGEST, 10 * BATCH)
    assert closed
    assert list(temporary.iterdir()) == []


async def test_a_stream_that_breaks_leaves_nothing(content: Content, temporary: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield DATA
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await content.ingest(breaking(), DIGEST, len(DATA))
    assert not content.has(DIGEST)
    assert list(temporary.iterdir()) == []


async def test_a_cancelled_ingest_leaves_nothing(content: Content, temporary: Path) -> None:
    stalled = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield DATA
        stalled.set()
        await asyncio.Event().wait()

    coming = asyncio.create_task(content.ingest(stalling(), DIGEST, len(DATA) + 1))
    await stalled.wait()
    assert len(list(temporary.iterdir())) == 1

    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming
    assert list(temporary.iterdir()) == []


async def test_an_ingest_cancelled_at_its_last_step_is_whole(
    content: Content, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renaming, go_on, rename = threading.Event(), threading.Event(), os.rename

    def slow_rename(source: str, target: str) -> None:
        renaming.set()
        go_on.wait(5)
        rename(source, target)

    monkeypatch.setattr(os, "rename", slow_rename)
    coming = asyncio.create_task(content.ingest(pieces(BATCH), DIGEST, len(DATA)))
    await asyncio.to_thread(renaming.wait, 5)

    coming.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await coming

    assert await content.read(DIGEST) == DATA
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("left", [b"", DATA[: BATCH + 1], DATA[:-1] + b"?"])
async def test_a_damaged_blob_is_told_and_makes_room(content: Content, left: bytes) -> None:
    await content.put(DATA)
    content.path(DIGEST).write_bytes(left)

    with pytest.raises(InternalError, match=f"content {DIGEST} was damaged and has been removed"):
        await content.read(DIGEST)

    with pytest.raises(NotFound):
        await content.read(DIGEST)
    await content.ingest(pieces(65536), DIGEST, len(DATA))
    assert await content.read(DIGEST) == DATA


async def test_a_sweep_removes_what_an_earlier_life_began(content: Content, temporary: Path) -> None:
    (temporary / "half").write_bytes(DATA)
    await content.sweep()
    assert list(temporary.iterdir()) == []
