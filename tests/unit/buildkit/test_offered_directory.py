"""A directory that is offered: what the command line tells and sends is what a build has."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import pytest

from wherry.build.client import CONTEXT, DOCKERFILE, Offer
from wherry.buildkit.offers.directory import DirectoryClient, offered_directory
from wherry.cli.building.offering import Offering
from wherry.cli.session import CommandError
from wherry.errors import InvalidArgument, NotFound
from wherry.model.mirror import OfferedFile
from wherry.spans import Span


class Client:
    """The command line's half, whose body is cut into pieces of ``size`` bytes."""

    def __init__(self, offering: Offering, size: int = 7) -> None:
        self.asked: list[list[int]] = []
        self._offering = offering
        self._size = size
        self._sent: asyncio.Queue[bytes] = asyncio.Queue()
        self._send(offering.told())

    async def body(self) -> AsyncIterator[bytes]:
        while True:
            data = await self._sent.get()
            for at in range(0, len(data), self._size):
                yield data[at : at + self._size]

    async def ask(self, files: Sequence[int]) -> None:
        self.asked.append(list(files))
        self._send(self._offering.contents(files))

    def _send(self, pieces: Iterable[bytes | Span]) -> None:
        for piece in pieces:
            self._sent.put_nowait(bytes(piece))

    async def met(self) -> DirectoryClient:
        return await offered_directory(self.body(), "key", "Dockerfile", self.ask)


def files_of(offer: Offer) -> dict[str, OfferedFile]:
    files = map(offer.told.file, range(len(offer.told.tokens)))
    return {file.path.decode(): file for file in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir(mode=0o750)
    (tmp_path / "sub" / "file").write_text("content")
    (tmp_path / "sub" / "file").chmod(0o4755)
    os.utime(tmp_path / "sub" / "file", ns=(1, 1_700_000_000_123_456_789))
    (tmp_path / "zlink").symlink_to("sub/file")
    os.link(tmp_path / "sub" / "file", tmp_path / "zother")
    os.mkfifo(tmp_path / "zpipe", 0o600)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "zsocket"))
    return tmp_path


async def test_all_kinds_of_files_are_told_of(root: Path) -> None:
    client = await Client(Offering(str(root), None, None, b"FROM x")).met()
    async with client.files(CONTEXT) as offer:
        files = files_of(offer)
    assert list(files) == ["sub", "sub/file", "zlink", "zother", "zpipe"]
    assert (files["sub"].mode, files["sub"].size) == (stat.S_IFDIR | 0o750, 0)
    assert files["sub/file"] == OfferedFile(
        path=b"sub/file", mode=stat.S_IFREG | 0o4755, size=7, mtime=1_700_000_000_123_456_789
    )
    assert (stat.S_IFMT(files["zlink"].mode), files["zlink"].link) == (stat.S_IFLNK, b"sub/file")
    assert (stat.S_IFMT(files["zother"].mode), files["zother"].link) == (stat.S_IFREG, b"sub/file")
    assert files["zpipe"].mode == stat.S_IFIFO | 0o600


async def test_what_is_asked_for_is_sent(root: Path) -> None:
    (root / "big").write_bytes(b"0123456789" * 60_000)
    own = Client(Offering(str(root), None, None, b"FROM x"), size=1000)
    client = await own.met()
    found: dict[int, bytes] = {}
    async with client.files(CONTEXT) as offer:
        for wanted in ([2], [0, 2]):  # files may have to be had again
            async for number, piece in offer.contents(wanted):
                found[number] = found.get(number, b"") + piece
    assert found == {0: b"0123456789" * 60_000, 2: b"contentcontent"}
    assert own.asked == [[2], [0, 2]]


async def test_a_directory_that_became_a_link_leads_nowhere(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "file").write_text("secret")
    offering = Offering(str(root), None, None, b"FROM x")
    assert list(offering.told())
    (root / "sub").rename(root / "was")
    (root / "sub").symlink_to(elsewhere)
    with pytest.raises(CommandError, match=f"^error checking context: {root}/sub/file: Not a directory$"):
        list(offering.contents([1]))


async def test_the_dockerfile_comes_first(root: Path) -> None:
    client = await Client(Offering(str(root), None, None, b"FROM x")).met()
    async with client.files(DOCKERFILE) as offer:
        assert sorted(files_of(offer)) == ["Dockerfile", "Dockerfile.dockerignore"]
        assert [piece async for piece in offer.contents([0])] == [(0, b"FROM x"), (0, b"")]
    with pytest.raises(InvalidArgument, match="cannot be empty"):
        await Client(Offering(str(root), None, None, b"")).met()


async def test_nothing_else_is_offered(root: Path) -> None:
    client = await Client(Offering(str(root), None, None, b"FROM x")).met()
    with pytest.raises(NotFound):
        async with client.files("other"):
            pass
    with pytest.raises(NotFound, match="secret s: not found"):
        await client.secret("s")
    assert await client.credentials("docker.io") is None


async def test_what_is_left_out_is_not_told_of(root: Path) -> None:
    own = Client(Offering(str(root), lambda path: path != b"sub", lambda path: False, b"FROM x"))
    async with (await own.met()).files(CONTEXT) as offer:
        assert list(files_of(offer)) == ["zlink", "zother", "zpipe"]
