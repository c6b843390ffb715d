"""Archives of contexts: what is taken of them, and what of a hostile one is not."""

import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from wherry.cli.config.context_archive import LIMIT, unpack
from wherry.cli.session import CommandError

Archive = Callable[[dict[str, bytes]], bytes]

META = {"meta.json": b'{"Name": "x", "Endpoints": {}}'}


def tarred(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture(params=[tarred, zipped], ids=["tar", "zip"])
def archive(request: pytest.FixtureRequest) -> Archive:
    made: Archive = request.param
    return made


def test_metadata_and_files_are_read(archive: Archive) -> None:
    metadata, files = unpack(archive({**META, "tls/docker/ca.pem": b"ca", "tls/other/key.pem": b"key"}))

    assert metadata["Name"] == "x"
    assert files == {("docker", "ca.pem"): b"ca", ("other", "key.pem"): b"key"}


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({**META, "other": b""}, "other: unexpected context file"),
        ({**META, "/etc/passwd": b""}, "/etc/passwd: unexpected context file"),
        ({**META, "tls/../../evil": b""}, "tls/../../evil: unexpected path format"),
        ({**META, "tls/./a": b""}, "tls/./a: unexpected path format"),
        ({**META, "tls/docker/../x": b""}, "tls/docker/../x: unexpected path format"),
        ({**META, "tls/docker/a\\b": b""}, "tls/docker/a\\b: unexpected '\\' in path"),
        ({**META, "tls/ca.pem": b""}, "archive format is invalid"),
        ({**META, "tls/docker/more/ca.pem": b""}, "archive format is invalid"),
        ({"tls/docker/ca.pem": b""}, "invalid context: no metadata found"),
        ({"meta.json": b"["}, "meta.json: Expecting value"),
        ({"meta.json": b"[]"}, "meta.json: no object"),
    ],
)
def test_what_does_not_belong_there_is_refused(archive: Archive, members: dict[str, bytes], text: str) -> None:
    with pytest.raises(CommandError) as caught:
        unpack(archive(members))

    assert str(caught.value).startswith(text)


def test_links_are_passed_over() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        link = tarfile.TarInfo("tls/docker/ca.pem")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        file.addfile(link)
        meta = tarfile.TarInfo("meta.json")
        meta.size = 2
        file.addfile(meta, io.BytesIO(b"{}"))

    assert unpack(stream.getvalue()) == ({}, {})


def test_more_than_a_context_can_be_is_refused(archive: Archive) -> None:
    with pytest.raises(CommandError, match="read exceeds the defined limit"):
        unpack(archive({**META, "tls/docker/ca.pem": bytes(LIMIT + 1)}))


@pytest.mark.parametrize("data", [b"junk", b"PK\x03\x04junk", bytes(100)])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(CommandError):
        unpack(data)


def test_a_damaged_member_is_told_of() -> None:
    data = bytearray(zipped(META))
    data[30 + len("meta.json")] = 0xFF  # behind the member's header: a block of a type that there is not

    with pytest.raises(CommandError, match="zip: Error -3 while decompressing data: invalid block type"):
        unpack(bytes(data))


def test_an_unusual_compression_is_told_of() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("meta.json", META["meta.json"])

    with pytest.raises(CommandError, match="zip: unsupported compression algorithm"):
        unpack(stream.getvalue())
