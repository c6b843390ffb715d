"""A build's result on its way to the client: told, asked for, sent."""

import asyncio
import os
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest

from wherry.buildkit.offers.fsutil import Packet, PacketType, offered_file
from wherry.buildkit.offers.lending import Bytes
from wherry.buildkit.offers.sending import SEND, send_archive, send_directory
from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.session import Metadata
from wherry.errors import InvalidArgument, NotSupported
from wherry.model.mirror import OfferedFile
from wherry.store.trees.stack_files import StackFiles
from wherry.tar.trees.whiteouts import make_whiteout
from wherry.threads import Threads

pytestmark = pytest.mark.root


class Receiver:
    """A client that asks for each file as soon as it hears of it, or for ``asked`` instead."""

    def __init__(self, asked: int | None = None) -> None:
        self.files: list[OfferedFile] = []
        self.contents: dict[bytes, bytes] = {}
        self.archive = b""
        self._asked = asked
        self._missing = 1  # the end of what is told
        self._said: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def receive(self) -> bytes | None:
        return await self._said.get()

    async def unread(self) -> bytes:
        raise AssertionError("messages are read whole")

    async def send(self, *messages: bytes) -> None:
        for message in messages:
            self._take(message)

    def _take(self, message: bytes) -> None:
        packet = decode(Packet, message)
        if packet.type == PacketType.STAT and packet.stat:
            self._hear(offered_file(message))
        elif packet.type == PacketType.DATA and packet.data:
            self.contents[self.files[packet.id].path] += packet.data
        elif packet.type in (PacketType.DATA, PacketType.STAT):
            self._missing -= 1
            if not self._missing:
                self._say(Packet(type=PacketType.FIN))

    async def end(self) -> None:
        self._said.put_nowait(None)

    def _hear(self, file: OfferedFile) -> None:
        if file.is_regular and not file.link:
            self._missing += 1
            self.contents[file.path] = b""
            self._say(Packet(type=PacketType.REQ, id=len(self.files) if self._asked is None else self._asked))
        self.files.append(file)

    def _say(self, packet: Packet) -> None:
        self._said.put_nowait(encode(packet))


class ArchiveReceiver(Receiver):
    def _take(self, message: bytes) -> None:
        self.archive += decode(Bytes, message).data


class Session:
    id = name = shared_key = "1"
    methods = frozenset((SEND,))

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def call(self, path: str, request: bytes) -> bytes:
        raise AssertionError(f"{path} is called")

    @asynccontextmanager
    async def stream(self, path: str, metadata: Metadata) -> AsyncIterator[Receiver]:
        assert (path, metadata) == (SEND, {"buildkit-attachable-exporter-id": ("0",)})
        yield self._receiver


@pytest.fixture
def result(tmp_path: Path) -> Iterator[StackFiles]:
    """Two layers: the upper hides a file, and has a hard link, a link and one that is longer than a piece."""
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for folder in (lower / "d", upper / "d"):
        folder.mkdir(parents=True)
    (lower / "d" / "hidden").write_text("no")
    (lower / "below").write_text("below")
    (upper / "big").write_bytes(b"0123456789" * 100_000)
    (upper / "d" / "link").symlink_to("/below")
    os.link(upper / "big", upper / "d" / "same")
    (upper / "big").chmod(0o4755)
    os.chown(upper / "d", 5, 6)
    fd = os.open(upper / "d", os.O_RDONLY)
    make_whiteout(fd, b"hidden")
    os.close(fd)
    threads = Threads(1, "test")
    yield StackFiles((upper, lower), threads)
    threads.shutdown()


async def test_a_client_gets_what_it_asks_for(result: StackFiles) -> None:
    receiver, reports = Receiver(), list[int]()

    await send_directory(Session(receiver), result, reports.append)

    told = [(file.path, oct(file.mode), file.uid, file.size, file.link) for file in receiver.files]
    assert told == [
        (b"below", "0o100644", 0, 5, b""),
        (b"big", "0o104755", 0, 1_000_000, b""),
        (b"d", "0o40755", 5, 0, b""),
        (b"d/link", "0o120777", 0, 0, b"/below"),
        (b"d/same", "0o104755", 0, 0, b"big"),
    ]
    assert receiver.contents == {b"below": b"below", b"big": b"0123456789" * 100_000}
    assert reports[-1] == 1_000_005


async def test_a_client_gets_an_archive(result: StackFiles) -> None:
    receiver = ArchiveReceiver()

    await send_archive(Session(receiver), result.archive(), lambda _: None)

    with tarfile.open(fileobj=BytesIO(receiver.archive)) as archive:
        assert archive.getnames() == ["below", "big", "d", "d/link", "d/same"]


@pytest.mark.parametrize("asked", [2, 77])
async def test_only_files_can_be_asked_for(result: StackFiles, asked: int) -> None:
    with pytest.raises(InvalidArgument, match=f"invalid file id {asked}"):
        await send_directory(Session(Receiver(asked)), result, lambda _: None)


async def test_a_client_that_takes_nothing_is_told(result: StackFiles) -> None:
    session = Session(Receiver())
    session.methods = frozenset()
    with pytest.raises(NotSupported, match="not supported by the client"):
        await send_directory(session, result, lambda _: None)
