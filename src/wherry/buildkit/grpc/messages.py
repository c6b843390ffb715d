"""Messages in a stream: each behind five bytes that say its length."""

import struct
from collections.abc import Awaitable, Callable
from typing import Final

from wherry.buildkit.http2 import ErrorCode, Stream, StreamReset
from wherry.buildkit.status import CallFailed, Code

MAX_MESSAGE: Final = 16 << 20
_PREFIX: Final = struct.Struct(">BL")


class Received:
    """Messages in the bytes that ``read`` gives, b"" at their end. One reader at a time."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read
        self._received = bytearray()

    async def receive(self) -> bytes | None:
        """The next message; None when the peer has sent its last. CallFailed."""
        while (message := self._next()) is None:
            more = await self._read()
            if not more:
                if self._received:
                    raise CallFailed(Code.INTERNAL, "the call ended in the midst of a message")
                return None
            self._received += more
        return message

    async def unread(self) -> bytes:
        """What has come of messages that follow, with their prefixes, waiting for the first; b"" at the end.
        CallFailed."""
        rest = bytes(self._received)
        self._received.clear()
        return rest or await self._read()

    def _next(self) -> bytes | None:
        if len(self._received) < _PREFIX.size:
            return None
        compressed, size = _PREFIX.unpack_from(self._received)
        if compressed:
            raise CallFailed(Code.UNIMPLEMENTED, "grpc: Decompressor is not installed")
        if size > MAX_MESSAGE:
            text = f"grpc: received message larger than max ({size} vs. {MAX_MESSAGE})"
            raise CallFailed(Code.RESOURCE_EXHAUSTED, text)
        end = _PREFIX.size + size
        if len(self._received) < end:
            return None
        message = bytes(memoryview(self._received)[_PREFIX.size : end])
        del self._received[:end]
        return message


class Messages(Received):
    """Both directions of a call. One reader and one writer at a time."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(self._read_stream)
        self._stream = stream

    async def send(self, *messages: bytes) -> None:
        """Waits while the peer does not take them. CallFailed once the peer has ended the call."""
        data = b"".join(part for message in messages for part in (_PREFIX.pack(0, len(message)), message))
        try:
            await self._stream.write(data)
        except (StreamReset, ConnectionError) as error:
            raise failed(error) from error

    async def _read_stream(self) -> bytes:
        try:
            return await self._stream.read()
        except (StreamReset, ConnectionError) as error:
            raise failed(error) from error


def failed(error: StreamReset | ConnectionError) -> CallFailed:
    """What it means to a call that its stream or its connection is gone."""
    if isinstance(error, StreamReset):
        code = Code.CANCELLED if error.code == ErrorCode.CANCEL else Code.INTERNAL
        return CallFailed(code, str(error))
    return CallFailed(Code.UNAVAILABLE, str(error))
