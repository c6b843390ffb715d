"""Files that a client offers by ``moby.filesync.v1.FileSync``, whose conversation fsutil's ``receive.go`` describes:
it tells of all files, is asked for some, and sends those, several at a time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol
from urllib.parse import quote_plus

from wherry.buildkit.offers import fsutil
from wherry.buildkit.offers.fsutil import Packet, PacketType
from wherry.buildkit.protobuf import decode
from wherry.buildkit.session import Metadata, Session, Stream
from wherry.errors import InvalidArgument, NotFound
from wherry.model.mirror import Told

DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy"

_MOST_FILES = 4_000_000
_MOST_BYTES = 1 << 30  # of what is told of files
_REQUESTS = 1000  # at once
_BROKEN_OFF = "the client ended a transfer of files"
_STAT_FIELD = b"\x12"  # the first byte of a STAT packet with a file: its type, which is 0, is not written


class Incoming(Protocol):
    """What a client sends: messages as `Stream` gives them."""

    async def receive(self) -> bytes | None: ...

    async def unread(self) -> bytes: ...


class Offered:
    """Files of one directory. ``tokens`` are what was told of them; what ``ask`` asks for comes by ``incoming``."""

    def __init__(
        self, incoming: Incoming, tokens: Sequence[bytes], ask: Callable[[Sequence[int]], Awaitable[None]]
    ) -> None:
        self._incoming = incoming
        self._ask = ask
        self.told = Told(tokens, lambda number: fsutil.offered_file(tokens[number]))

    async def contents(self, wanted: Sequence[int]) -> AsyncGenerator[tuple[int, bytes], None]:
        """Pieces of files by their numbers, of several at a time, and an empty one at the end of each. To be called
        once. InvalidArgument for a client that sends anything else."""
        missing = set(wanted)
        async with self._asking(wanted):
            while missing:
                packet = _packet(await _message(self._incoming))
                if packet.type != PacketType.DATA or packet.id not in missing:
                    raise InvalidArgument(f"invalid file request {packet.id}")
                yield packet.id, packet.data
                if not packet.data:
                    missing.discard(packet.id)

    async def packets(self, wanted: Sequence[int]) -> AsyncGenerator[bytes, None]:
        """The same as it comes: packets in gRPC's frames, for who knows when all is there."""
        async with self._asking(wanted):
            while data := await self._incoming.unread():
                yield data
        raise InvalidArgument(_BROKEN_OFF)

    @asynccontextmanager
    async def _asking(self, wanted: Sequence[int]) -> AsyncIterator[None]:
        asking = asyncio.ensure_future(self._ask(wanted))
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.wait((asking,))
            if not asking.cancelled():
                asking.exception()  # looked at: who cannot ask is told by what comes, or that nothing does


@asynccontextmanager
async def offered(
    session: Session, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
) -> AsyncIterator[Offered]:
    """What a client tells of a directory. Raises NotFound where it offers none, CallFailed where it fails."""
    if DIFF_COPY not in session.methods:
        raise NotFound("no local sources enabled")
    metadata = {"dir-name": (name,), "followpaths": follow, "exclude-patterns": exclude}
    async with session.stream(DIFF_COPY, _headers(metadata)) as stream:
        yield Offered(stream, await told_files(stream), partial(_ask, stream))
        await stream.send(fsutil.FIN)
        while await stream.receive() is not None:
            pass


async def told_files(incoming: Incoming) -> list[bytes]:
    """STAT packets as they came: what is equal tells the same. InvalidArgument for anything else."""
    tokens: list[bytes] = []
    size = 0
    while message := await _message(incoming):
        if not message.startswith(_STAT_FIELD):
            raise InvalidArgument(f"the client sends {_packet(message).type.name} where it is to tell of files")
        tokens.append(message)
        size += len(message)
        if len(tokens) > _MOST_FILES or size > _MOST_BYTES:
            raise InvalidArgument("the client tells of too many files")
    return tokens


async def _ask(stream: Stream, wanted: Sequence[int]) -> None:
    for begin in range(0, len(wanted), _REQUESTS):
        await stream.send(*map(fsutil.request, wanted[begin : begin + _REQUESTS]))


async def _message(incoming: Incoming) -> bytes:
    message = await incoming.receive()
    if message is None:
        raise InvalidArgument(_BROKEN_OFF)
    return message


def _packet(message: bytes) -> Packet:
    packet = decode(Packet, message)
    if packet.type == PacketType.ERR:
        raise InvalidArgument(f"error from sender: {packet.data.decode('utf-8', 'replace')}")
    return packet


def _headers(values: Metadata) -> Metadata:
    """What is not ASCII is escaped, and a second header says so."""
    headers: dict[str, tuple[str, ...]] = {}
    for key, texts in values.items():
        if all(map(str.isascii, texts)):
            headers[key] = texts
        else:
            headers[key] = tuple(map(quote_plus, texts))
            headers[f"{key}-encoded"] = ("1",)
    return {key: texts for key, texts in headers.items() if texts}
