"""Image archives become blobs under names, and nothing else."""

import asyncio
import gzip
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from wherry.errors import CorruptImage, InternalError
from wherry.model.archive import Blob, Member
from wherry.store.blobs import archives
from wherry.store.blobs.archives import ImageArchives
from wherry.store.blobs.content import Content
from wherry.threads import Threads


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return Content(tmp_path / "blobs", Threads(2, "test"))


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def archive(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 1000):
        yield data[at : at + 1000]


def blob(data: bytes) -> Blob:
    return Blob(digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size=len(data))


LAYER = bytes(range(256)) * 9000
ARCHIVE = archive(
    entry("./blobs/", kind=tarfile.DIRTYPE),
    entry("./blobs/layer", LAYER),
    entry("a/layer.tar", kind=tarfile.SYMTYPE, linkname="../blobs/layer"),
    entry("b/layer.tar", kind=tarfile.LNKTYPE, linkname="blobs/layer"),
    entry("manifest.json", b"[]"),
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
async def test_files_become_blobs_and_links_paths(content: Content, pack: Any) -> None:
    assert await ImageArchives(content).unpack(chunks(pack(ARCHIVE))) == {
        "blobs/layer": Member(blob=blob(LAYER)),
        "a/layer.tar": Member(link="blobs/layer"),
        "b/layer.tar": Member(link="blobs/layer"),
        "manifest.json": Member(blob=blob(b"[]")),
    }
    assert await content.read(blob(LAYER).digest) == LAYER


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (entry("../x"), "invalid archive: ../x leads out of it"),
        (entry("a/../../x"), "invalid archive: a/../../x leads out of it"),
        (entry("/etc/passwd"), "invalid archive: /etc/passwd leads out of it"),
        (entry("x", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), "invalid archive: /etc/passwd leads out of it"),
        (entry("x", kind=tarfile.SYMTYPE, linkname="../x"), "invalid archive: ../x leads out of it"),
        (entry("x", kind=tarfile.LNKTYPE, linkname="../x"), "invalid archive: ../x leads out of it"),
        (entry("x", kind=tarfile.CHRTYPE), "invalid archive: x is neither a file, a directory nor a link"),
        (entry("x", kind=tarfile.FIFOTYPE), "invalid archive: x is neither a file, a directory nor a link"),
    ],
)
async def test_what_is_not_of_an_archive_of_images_is_refused(
    content: Content, member: tuple[tarfile.TarInfo, bytes], text: str
) -> None:
    with pytest.raises(CorruptImage) as caught:
        await ImageArchives(content).unpack(chunks(archive(member)))
    assert str(caught.value) == text


@pytest.mark.parametrize("data", [b"garbage", ARCHIVE[:2000], gzip.compress(ARCHIVE)[:-100]])
async def test_an_archive_that_ends_early_is_refused(content: Content, data: bytes) -> None:
    with pytest.raises(CorruptImage, match="unexpected EOF"):
        await ImageArchives(content).unpack(chunks(data))


async def test_an_archive_of_too_many_members_is_refused(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(CorruptImage, match="more than 2 members"):
        await ImageArchives(content).unpack(chunks(archive(*(entry(name) for name in "abc"))))


async def test_what_is_no_archive_is_not_read_to_its_end(content: Content) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"rubbish!" * 512
            await asyncio.sleep(0)

    with pytest.raises(CorruptImage):
        await ImageArchives(content).unpack(endless())


async def test_a_client_that_leaves_is_no_more_waited_for(content: Content) -> None:
    async def breaks_off() -> AsyncIterator[bytes]:
        yield ARCHIVE[:100_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await ImageArchives(content).unpack(breaks_off())
    assert content.digests() == ()


async def test_a_failing_disk_is_told(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise InternalError("store blobs/layer: no space left on device")

    monkeypatch.setattr(content, "receive", fail)
    with pytest.raises(InternalError, match="no space left"):
        await ImageArchives(content).unpack(chunks(ARCHIVE))
