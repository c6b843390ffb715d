"""What goes out on a connection, as far as the peer lets it."""

import asyncio
from collections.abc import Callable
from typing import Final

from wherry.buildkit.http2.frames import (
    MAX_FRAME,
    MAX_WINDOW,
    ErrorCode,
    Flag,
    FrameType,
    RulesBroken,
    frame,
    goaway,
    head,
    reset,
    window_update,
)
from wherry.buildkit.http2.headers import HeaderCoding, Headers

_INITIAL_WINDOW: Final = 65535  # until the peer says otherwise
_MAX_UNSENT: Final = 1 << 22  # bytes that a peer leaves unread while it goes on asking


class Allowance:
    """Bytes of data that the peer takes: of a stream, or of the whole connection."""

    def __init__(self, size: int) -> None:
        self.size = size

    def widen(self, more: int) -> None:
        self.size += more
        if self.size > MAX_WINDOW:
            raise RulesBroken(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")


class Sender:
    """Writes frames. ``initial`` is what a new stream may send."""

    def __init__(self, transport: asyncio.Transport, coding: HeaderCoding) -> None:
        self.initial = _INITIAL_WINDOW
        self.allowance = Allowance(_INITIAL_WINDOW)
        self._transport = transport
        self._coding = coding
        self._closed = False
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def raw(self, data: bytes) -> None:
        if not self._closed:
            self._transport.write(data)

    def require_read(self) -> None:
        """RulesBroken for a peer that goes on asking and reads no answers."""
        if self._transport.get_write_buffer_size() > _MAX_UNSENT:
            raise RulesBroken(ErrorCode.ENHANCE_YOUR_CALM, "answers are not read")

    def headers(self, stream: int, headers: Headers, *, end: bool) -> None:
        block = self._coding.encode(headers)
        kind, flags = FrameType.HEADERS, Flag.END_STREAM if end else Flag.NONE
        while len(block) > MAX_FRAME:
            self.raw(frame(kind, flags, stream, block[:MAX_FRAME]))
            kind, flags, block = FrameType.CONTINUATION, Flag.NONE, block[MAX_FRAME:]
        self.raw(frame(kind, flags | Flag.END_HEADERS, stream, block))

    async def data(self, stream: int, data: bytes, allowance: Allowance, check: Callable[[], None]) -> None:
        """Waits while the peer does not take it; ``check`` raises after a wait if nobody wants it any more."""
        sent, rest = 0, memoryview(data)
        while sent < len(data):
            size = min(len(data) - sent, MAX_FRAME, allowance.size, self.allowance.size)
            if size <= 0 or not self._writable.is_set():
                await self._wait_for_room(size)
                check()
                continue
            allowance.size -= size
            self.allowance.size -= size
            self._transport.writelines((head(FrameType.DATA, 0, stream, size), rest[sent : sent + size]))
            sent += size

    def end(self, stream: int) -> None:
        self.raw(frame(FrameType.DATA, Flag.END_STREAM, stream))

    def reset(self, stream: int, code: ErrorCode) -> None:
        self.raw(reset(stream, code))

    def allow(self, stream: int, size: int) -> None:
        """The peer may send more; stream 0 means the whole connection."""
        self.raw(window_update(stream, size))

    def pause(self) -> None:
        self._writable.clear()

    def resume(self) -> None:
        self._writable.set()

    def look_again(self) -> None:
        """There may be room now, or nobody who wants it."""
        self._changed.set()

    def close(self, last: int) -> None:
        """Say so, and close when all is out."""
        self.raw(goaway(last, ErrorCode.NO_ERROR, ""))
        self._transport.close()
        self.lost()

    def break_off(self, last: int, code: ErrorCode, text: str) -> None:
        """Say why, and close at once: whoever breaks rules is not waited for."""
        self.raw(goaway(last, code, text))
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()
        self.lost()

    def lost(self) -> None:
        self._closed = True
        self._changed.set()
        self._writable.set()

    async def _wait_for_room(self, size: int) -> None:
        if size <= 0:
            self._changed.clear()
            await self._changed.wait()
        else:
            await self._writable.wait()
