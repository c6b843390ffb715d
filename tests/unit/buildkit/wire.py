"""Two ends of a connection, and one end typed by hand."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from hpack import Encoder

from wherry.buildkit.grpc.server import Handler, Server
from wherry.buildkit.http2 import PREFACE, Connection
from wherry.buildkit.http2.frames import HEAD, FrameType, frame, read_head

REQUEST = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test/wait"),
    ("content-type", "application/grpc"),
)


@asynccontextmanager
async def served(
    handlers: Mapping[str, Handler], *, room: int = 1 << 18
) -> AsyncIterator[tuple[socket.socket, Server]]:
    """The other end of a connection whose calls the handlers answer. It holds ``room`` bytes of answers."""
    loop = asyncio.get_running_loop()
    server, (ours, theirs) = Server(handlers), socket.socketpair()
    ours.setblocking(False)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
    with ours:
        transport, _ = await loop.connect_accepted_socket(lambda: Connection(server.accept), theirs)
        yield ours, server
        transport.close()
    await asyncio.sleep(0)


@asynccontextmanager
async def called(handlers: Mapping[str, Handler]) -> AsyncIterator[tuple[Connection, Server]]:
    """A client of them."""
    async with served(handlers) as (end, server):
        connection = Connection()
        own = socket.socket(fileno=end.detach())
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, own)
        yield connection, server
        connection.close()


class Typed:
    """A client that sends bytes as they are."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = b""

    async def send(self, *frames: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._end, b"".join((PREFACE, *frames)))

    async def until(self, kind: FrameType) -> tuple[int, bytes]:
        """Stream and payload of the first frame of a kind."""
        while True:
            _, found, _, number = read_head(await self._exactly(HEAD), 0)
            payload = await self._exactly(self._size)
            if found == kind:
                return number, payload

    async def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            more = await asyncio.get_running_loop().sock_recv(self._end, 65536)
            assert more, "the connection was closed"
            self._received += more
        data, self._received = self._received[:size], self._received[size:]
        if size == HEAD:
            self._size = read_head(data, 0)[0]
        return data


def opened(number: int = 1, flags: int = 0x4) -> bytes:
    """The frame that opens a stream; with other ``flags`` its headers go on."""
    encoder = Encoder()
    return frame(FrameType.HEADERS, flags, number, encoder.encode(REQUEST))
