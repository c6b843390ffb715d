"""WebSockets (RFC 6455): the server's side of a connection that was taken out of HTTP."""

import asyncio
import base64
import hashlib
from typing import Final

from wherry.api.http.faults import MalformedRequest
from wherry.api.http.hijack import HijackedStream
from wherry.api.http.request import Request

_MAGIC: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROL: Final = 0x8
_LAST: Final = 0x80
_MASKED: Final = 0x80


class WebSocket:
    """A stream of bytes in messages, which are called binary or text; where messages begin and end says nothing. Its
    other manners are those of the stream below."""

    def __init__(self, stream: HijackedStream, *, text: bool = False) -> None:
        self._stream = stream
        self._kind = _TEXT if text else _BINARY
        self._received = bytearray()
        self._left = 0  # bytes of the message's frame that are not read yet
        self._mask = b""

    @property
    def closed(self) -> asyncio.Event:
        return self._stream.closed

    async def read(self) -> bytes:
        """The next bytes; ``b""`` once the client has closed."""
        try:
            while not self._left:
                await self._next_frame()
            if not self._received:
                await self._more()
        except EOFError:
            return b""
        data = self._taken(self._left)
        self._left -= len(data)
        plain = _unmask(data, self._mask)
        turn = len(data) % 4
        self._mask = self._mask[turn:] + self._mask[:turn]
        return plain

    async def write(self, data: bytes) -> None:
        """Send a message. ConnectionResetError if the client has gone."""
        await self._stream.write(_frame(self._kind, data))

    async def finish(self) -> None:
        """Say that no more will come, and close."""
        if not self.closed.is_set():
            await self._stream.write(_frame(_CLOSE, (1000).to_bytes(2)))
        self._stream.close()

    async def _next_frame(self) -> None:
        """Read the head of the next frame with data, and answer what comes between. EOFError at the end."""
        first, second = await self._exactly(2)
        length = second & 0x7F
        if length > 125:
            length = int.from_bytes(await self._exactly(2 if length == 126 else 8))
        mask = await self._exactly(4) if second & _MASKED else bytes(4)
        opcode = first & 0xF
        if not opcode & _CONTROL:
            self._left, self._mask = length, mask
            return
        payload = _unmask(await self._exactly(length & 0x7F), mask)
        if opcode == _CLOSE:
            raise EOFError
        if opcode == _PING:
            await self._stream.write(_frame(_PONG, payload))

    async def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            await self._more()
        return self._taken(count)

    def _taken(self, most: int) -> bytes:
        data = bytes(memoryview(self._received)[:most])
        del self._received[: len(data)]
        return data

    async def _more(self) -> None:
        data = await self._stream.read()
        if not data:
            raise EOFError
        self._received += data


async def accept(request: Request, *, text: bool = False) -> WebSocket:
    """Take a connection over that asks for a WebSocket, whose messages are to be called ``text`` or not.
    MalformedRequest if it does not."""
    key = request.headers.get("sec-websocket-key", "")
    if request.headers.get("upgrade", "").lower() != "websocket" or not key:
        raise MalformedRequest("not websocket protocol")
    answer = base64.b64encode(hashlib.sha1((key + _MAGIC).encode(), usedforsecurity=False).digest()).decode()
    return WebSocket(await request.hijack(None, "websocket", {"Sec-WebSocket-Accept": answer}), text=text)


def _frame(opcode: int, data: bytes) -> bytes:
    if len(data) < 126:
        return bytes((_LAST | opcode, len(data))) + data
    code, size = (126, 2) if len(data) < 1 << 16 else (127, 8)
    return bytes((_LAST | opcode, code)) + len(data).to_bytes(size) + data


def _unmask(data: bytes, mask: bytes) -> bytes:
    """Each byte XORed with the mask's next, as one large number: a loop would be slow."""
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data) ^ int.from_bytes(repeated)).to_bytes(len(data))
