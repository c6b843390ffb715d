"""TCP connections, carried byte by byte in both directions, no faster than either side takes them."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from typing import Final

_BACKLOG: Final = 4096
_CHUNK: Final = 1 << 16


class Connections:
    """The host's end of a port, which listens from ``open`` on."""

    def __init__(self, bound: socket.socket, target: tuple[str, int]) -> None:
        self._bound = bound
        self._target = target
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises OSError if the port cannot be listened at."""
        # Lingering connections of an earlier listener do not stand in the way. That this one listens keeps others out.
        self._bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bound.listen(_BACKLOG)  # here, since uvloop says nothing of a failure
        self._server = await asyncio.start_server(self._carry, sock=self._bound, backlog=_BACKLOG)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()  # nobody listens there, which the caller learns by the end of the connection
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, inner_writer))
                both.create_task(_pump(inner_reader, writer))
        except* ConnectionError:
            pass  # one side is gone: so is the connection
        finally:
            writer.close()
            inner_writer.close()


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    """All that one side says, to the other; one side may be closed while the other still speaks."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
