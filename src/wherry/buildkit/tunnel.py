"""A connection within a call: what its two ends say goes back and forth in messages."""

import asyncio
from collections.abc import Iterable
from typing import Final

from wherry.buildkit.grpc.server import Call
from wherry.buildkit.messages.common import Bytes
from wherry.buildkit.protobuf import decode, encode

_HIGH: Final = 1 << 18  # bytes that wait for the peer before the protocol is told to pause
_PIECE: Final = 1 << 15  # bytes of a message


async def serve(call: Call, protocol: asyncio.Protocol) -> None:
    """Let a protocol speak to the client of a call, until either ends."""
    transport = _Transport(protocol)
    protocol.connection_made(transport)
    tasks = [asyncio.ensure_future(_send(call, transport)), asyncio.ensure_future(_receive(call, protocol))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        protocol.connection_lost(None)


async def _receive(call: Call, protocol: asyncio.Protocol) -> None:
    while (message := await call.receive()) is not None:
        protocol.data_received(decode(Bytes, message).data)


async def _send(call: Call, transport: "_Transport") -> None:
    while data := await transport.take():
        for begin in range(0, len(data), _PIECE):
            await call.send(encode(Bytes(data[begin : begin + _PIECE])))


class _Transport(asyncio.Transport):
    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._protocol = protocol
        self._waiting = bytearray()
        self._closing = False
        self._changed = asyncio.Event()

    async def take(self) -> bytes:
        """All that was written; b"" at the end."""
        while not self._waiting and not self._closing:
            self._changed.clear()
            await self._changed.wait()
        data = bytes(self._waiting)
        self._waiting.clear()
        if len(data) > _HIGH:
            self._protocol.resume_writing()
        return data

    def write(self, data: bytes | bytearray | memoryview) -> None:
        had = len(self._waiting)
        self._waiting += data
        self._changed.set()
        if had <= _HIGH < len(self._waiting):
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        for data in list_of_data:
            self.write(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """They are ours."""

    def get_write_buffer_size(self) -> int:
        return len(self._waiting)

    def close(self) -> None:
        self._closing = True
        self._changed.set()

    def abort(self) -> None:
        self.close()  # what waits is the call's
