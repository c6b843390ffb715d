"""Content: what the fake and the folder of blobs promise."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.store import FakeContent
from wherry.engine.ports import Content
from wherry.errors import DigestMismatch, InternalError, InvalidArgument, NotFound
from wherry.model.archive import Blob
from wherry.store.blobs.content import Content as StoredContent
from wherry.threads import Threads

DATA = b"some bytes"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
OTHER = "sha256:" + "0" * 64


@pytest.fixture(params=["fake", "real"])
def content(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> Content:
    return FakeContent() if request.param == "fake" else StoredContent(tmp_path, threads)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_bytes_put_are_read_by_their_digest(content: Content) -> None:
    assert await content.put(DATA) == DIGEST
    assert content.has(DIGEST)
    assert content.digests() == (DIGEST,)
    assert await content.read(DIGEST) == DATA


async def test_a_stream_is_stored_under_its_digest(content: Content) -> None:
    await content.ingest(chunks(b"some ", b"", b"bytes"), DIGEST, len(DATA))
    assert await content.read(DIGEST) == DATA


async def test_an_empty_stream_is_a_blob_too(content: Content) -> None:
    digest = "sha256:" + hashlib.sha256().hexdigest()
    await content.ingest(chunks(), digest, 0)
    assert await content.read(digest) == b""


async def test_a_stream_of_another_digest_leaves_nothing(content: Content) -> None:
    with pytest.raises(DigestMismatch) as caught:
        await content.ingest(chunks(DATA), OTHER, len(DATA))
    assert (caught.value.expected, caught.value.actual) == (OTHER, DIGEST)
    assert content.digests() == ()


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
async def test_a_stream_of_another_size_leaves_nothing(content: Content, size: int) -> None:
    with pytest.raises(InternalError, match=f"{DIGEST}: {len(DATA)} bytes, expected {size}"):
        await content.ingest(chunks(DATA), DIGEST, size)
    assert not content.has(DIGEST)


async def test_a_blob_can_come_twice(content: Content) -> None:
    await content.ingest(chunks(DATA), DIGEST, len(DATA))
    await content.ingest(chunks(DATA), DIGEST, len(DATA))
    assert await content.put(DATA) == DIGEST
    assert content.digests() == (DIGEST,)


async def test_what_is_not_here_is_not_found(content: Content) -> None:
    assert not content.has(OTHER)
    with pytest.raises(NotFound, match=OTHER):
        await content.read(OTHER)


async def test_a_deleted_blob_is_gone_and_deleting_it_again_no_error(content: Content) -> None:
    await content.put(DATA)
    await content.delete(DIGEST)
    await content.delete(DIGEST)
    assert content.digests() == ()


async def test_the_path_of_a_blob_ends_with_its_digest(content: Content) -> None:
    assert content.path(DIGEST).name == DIGEST.removeprefix("sha256:")


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:" + "A" * 64, "sha256:../" + "0" * 61, "0" * 64, "md5:" + "0" * 32, OTHER + "\n"]
)
async def test_what_is_no_digest_is_refused(content: Content, digest: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid checksum digest format"):
        content.path(digest)
    with pytest.raises(InvalidArgument):
        content.has(digest)
    with pytest.raises(InvalidArgument):
        await content.ingest(chunks(DATA), digest, len(DATA))
    with pytest.raises(InvalidArgument):
        await content.delete(digest)


async def test_a_sweep_keeps_whole_blobs(content: Content) -> None:
    await content.put(DATA)
    await content.sweep()
    assert content.has(DIGEST)


async def test_a_stream_of_unknown_digest_is_stored_too(content: Content) -> None:
    assert await content.absorb(chunks(b"some ", b"bytes")) == Blob(digest=DIGEST, size=len(DATA))
    assert await content.read(DIGEST) == DATA


async def test_a_stream_that_breaks_off_leaves_nothing(content: Content) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield DATA
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await content.absorb(broken())
    assert content.digests() == ()


async def test_a_blob_tells_its_size_and_comes_in_pieces(content: Content) -> None:
    big = DATA * 300_000
    digest = await content.put(big)
    assert content.size(digest) == len(big)
    assert b"".join([chunk async for chunk in content.chunks(digest)]) == big


async def test_what_is_not_here_has_neither_size_nor_pieces(content: Content) -> None:
    with pytest.raises(NotFound, match=f"content {OTHER}: not found"):
        content.size(OTHER)
    with pytest.raises(NotFound, match=f"content {OTHER}: not found"):
        await anext(content.chunks(OTHER))
