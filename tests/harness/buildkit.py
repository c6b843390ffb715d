"""A session's client in memory: it tells of the files of a directory and sends those that it is asked for."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from wherry.buildkit.offers.filesync import DIFF_COPY
from wherry.buildkit.offers.fsutil import Packet, PacketType, Stat
from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.session import Metadata

_DIRECTORY, _SYMLINK, _SETUID = 1 << 31, 1 << 27, 1 << 23  # of Go's os.FileMode
_PIECE = 32 << 10


class Sender:
    """One conversation. Subclasses say something else in places."""

    def __init__(self, folder: Path, follow: tuple[str, ...] = ()) -> None:
        self.asked: list[str] = []
        self.ended = False
        self._folder = folder
        self._follow = follow
        self._stats: list[Stat] = []
        self._said: asyncio.Queue[bytes | None] = asyncio.Queue()

    def begin(self) -> None:
        self._stats = [each for each in self.stats() if not self._follow or each.path.decode() in self._follow]
        for each in self._stats:
            self.say(Packet(stat=each))
        self.say(Packet())

    def stats(self) -> Iterator[Stat]:
        """In the order of a walk."""
        linked: dict[int, bytes] = {}
        yield from self._walk(self._folder, linked)

    def content(self, path: str) -> bytes:
        return (self._folder / path).read_bytes()

    def say(self, packet: Packet) -> None:
        self._said.put_nowait(encode(packet))

    async def receive(self) -> bytes | None:
        return await self._said.get()

    async def unread(self) -> bytes:
        message = await self._said.get()
        return b"" if message is None else b"\0" + len(message).to_bytes(4, "big") + message

    async def send(self, *messages: bytes) -> None:
        for message in messages:
            packet = decode(Packet, message)
            if packet.type == PacketType.REQ:
                self._send_file(packet.id)
            elif packet.type == PacketType.FIN:
                self.ended = True
                self.say(Packet(type=PacketType.FIN))
                self._said.put_nowait(None)

    async def end(self) -> None:
        """There is nothing more to say anyway."""

    def _send_file(self, number: int) -> None:
        path = self._stats[number].path.decode()
        self.asked.append(path)
        content = self.content(path)
        for at in range(0, len(content), _PIECE):
            self.say(Packet(type=PacketType.DATA, id=number, data=content[at : at + _PIECE]))
        self.say(Packet(type=PacketType.DATA, id=number))

    def _walk(self, folder: Path, linked: dict[int, bytes]) -> Iterator[Stat]:
        for path in sorted(folder.iterdir()):
            yield self._stat(path, linked)
            if path.is_dir() and not path.is_symlink():
                yield from self._walk(path, linked)

    def _stat(self, path: Path, linked: dict[int, bytes]) -> Stat:
        status = path.lstat()
        name = os.fsencode(path.relative_to(self._folder))
        kind, link = 0, b""
        if stat.S_ISDIR(status.st_mode):
            kind = _DIRECTORY
        elif stat.S_ISLNK(status.st_mode):
            kind, link = _SYMLINK, os.fsencode(path.readlink())
        elif status.st_nlink > 1:
            first = linked.setdefault(status.st_ino, name)
            link = b"" if first == name else first
        size = 0 if kind == _DIRECTORY or (link and not kind) else status.st_size
        mode = kind | (_SETUID if status.st_mode & stat.S_ISUID else 0) | stat.S_IMODE(status.st_mode) & 0o777
        return Stat(path=name, mode=mode, size=size, mod_time=status.st_mtime_ns, linkname=link)


class Session:
    """Offers ``folder`` under every name; ``sender`` is the class of its conversations, of which ``last`` is one."""

    def __init__(self, folder: Path, sender: type[Sender] = Sender) -> None:
        self.id, self.name, self.shared_key = "1", "tests", str(folder)
        self.methods = frozenset((DIFF_COPY,))
        self.last = Sender(folder)
        self._folder = folder
        self._sender = sender

    async def call(self, path: str, request: bytes) -> bytes:
        raise AssertionError(f"{path} is called")

    @asynccontextmanager
    async def stream(self, path: str, metadata: Metadata) -> AsyncIterator[Sender]:
        assert path in self.methods
        self.last = self._sender(self._folder, metadata.get("followpaths", ()))
        self.last.begin()
        yield self.last
