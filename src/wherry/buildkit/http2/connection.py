"""A connection: frames to streams and back, as server or as client."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, cast

from wherry.buildkit.http2.frames import (
    PREFACE,
    ErrorCode,
    Flag,
    FrameReader,
    FrameType,
    RulesBroken,
    Setting,
    frame,
    read_number,
    read_settings,
    reset,
    settings,
    unpadded,
)
from wherry.buildkit.http2.headers import HeaderCoding, Headers
from wherry.buildkit.http2.sending import Sender
from wherry.buildkit.http2.stream import WINDOW, Stream, StreamReset

_log = logging.getLogger(__name__)

MAX_STREAMS: Final = 250  # as of Go's servers: each build of a client has two that stay, and needs others besides
_FIRST_WINDOW: Final = 65535  # of a connection, as the standard has it
_WINDOW: Final = 1 << 24


class Connection(asyncio.Protocol):
    """``accept`` is called with each stream that the peer opens once its headers are there; None makes it a client,
    that opens streams itself. ``on_lost`` is called once, at the end."""

    _sender: Sender

    def __init__(
        self, accept: Callable[[Stream], None] | None = None, on_lost: Callable[[], None] | None = None
    ) -> None:
        self._accept = accept
        self._on_lost = on_lost
        self._reader = FrameReader(PREFACE if accept else b"")
        self._coding = HeaderCoding()
        self._streams: dict[int, Stream] = {}
        self._last_peer = 0
        self._next = 1
        self._taken = 0  # bytes of data since the connection's window was widened
        self._lost = False

    # -- events of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since the transports of uvloop are no subclass of asyncio's.
        stream = cast(asyncio.Transport, transport)
        stream.set_write_buffer_limits(high=1 << 18)
        self._sender = Sender(stream, self._coding)
        values = {Setting.INITIAL_WINDOW_SIZE: WINDOW, Setting.MAX_CONCURRENT_STREAMS: MAX_STREAMS}
        if self._accept is None:
            values = {Setting.ENABLE_PUSH: 0, Setting.INITIAL_WINDOW_SIZE: WINDOW}
            self._sender.raw(PREFACE)
        self._sender.raw(settings(values))
        self._sender.allow(0, _WINDOW - _FIRST_WINDOW)

    def data_received(self, data: bytes) -> None:
        if self._lost:
            return
        try:
            self._sender.require_read()
            for kind, flags, number, payload in self._reader.feed(data):
                self._take(kind, flags, number, payload)
        except RulesBroken as error:
            _log.debug("an HTTP/2 connection is broken off: %s", error)
            self._sender.break_off(self._last_peer, error.code, str(error))
            self._end(ConnectionAbortedError(str(error)))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._sender.lost()
        self._end(ConnectionResetError("the peer has gone"))

    def pause_writing(self) -> None:
        self._sender.pause()

    def resume_writing(self) -> None:
        self._sender.resume()

    # -- for who uses it

    def open(self, headers: Headers) -> Stream:
        """A new stream that begins with these headers. ConnectionError."""
        if self._lost:
            raise ConnectionResetError("the peer has gone")
        stream = self._streams[self._next] = Stream(self._next, self._sender, self._forget)
        self._next += 2
        stream.start(headers)
        return stream

    def close(self) -> None:
        """End it; what was sent still goes out."""
        if not self._lost:
            self._sender.close(self._last_peer)
            self._end(ConnectionResetError("the connection is closed"))

    # -- frames

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._coding.unfinished and (kind, number) != (FrameType.CONTINUATION, self._coding.unfinished):
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "headers were broken off")
        if taker := _TAKERS.get(kind):
            taker(self, flags, number, payload)

    def _take_data(self, flags: int, number: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken >= _WINDOW // 2:
            self._sender.allow(0, self._taken)
            self._taken = 0
        stream = self._known(number)
        if stream is None:
            return
        data = unpadded(flags & Flag.PADDED, payload)
        if len(data) < len(payload):
            self._sender.allow(number, len(payload) - len(data))
        if data:
            stream.put(data)
        if flags & Flag.END_STREAM:
            stream.finish()

    def _take_headers(self, flags: int, number: int, payload: bytes) -> None:
        self._coding.begin(number, flags, unpadded(flags, payload))
        self._headers_came(flags)

    def _take_continuation(self, flags: int, number: int, payload: bytes) -> None:
        self._coding.go_on(payload)
        self._headers_came(flags)

    def _headers_came(self, flags: int) -> None:
        if not flags & Flag.END_HEADERS:
            return
        number, first_flags, headers = self._coding.end()
        is_new = self._accept is not None and number > self._last_peer
        stream = self._opened(number) if is_new else self._known(number)
        if stream is None:
            return
        if not _is_informational(headers):
            stream.put_headers(headers)
        if is_new and self._accept is not None:
            self._accept(stream)
        if first_flags & Flag.END_STREAM:
            stream.finish()

    def _opened(self, number: int) -> Stream | None:
        """A stream that the peer begins, None if there are too many."""
        if number % 2 == 0:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "a stream with an even number")
        self._last_peer = number
        if len(self._streams) >= MAX_STREAMS:
            self._sender.raw(reset(number, ErrorCode.REFUSED_STREAM))
            return None
        stream = self._streams[number] = Stream(number, self._sender, self._forget)
        return stream

    def _take_reset(self, flags: int, number: int, payload: bytes) -> None:
        stream, code = self._known(number), read_number(payload)
        if stream is not None:
            stream.fail(StreamReset(code))

    def _take_settings(self, flags: int, number: int, payload: bytes) -> None:
        if flags & Flag.ACK:
            return
        for name, value in dict(read_settings(payload)).items():
            if name == Setting.INITIAL_WINDOW_SIZE:
                self._resize_windows(value)
            elif name == Setting.HEADER_TABLE_SIZE:
                self._coding.limit_table(value)
        self._sender.raw(frame(FrameType.SETTINGS, Flag.ACK, 0))

    def _resize_windows(self, size: int) -> None:
        more, self._sender.initial = size - self._sender.initial, size
        for stream in self._streams.values():
            stream.allowance.widen(more)
        self._sender.look_again()

    def _take_ping(self, flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 8:
            raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong size")
        if not flags & Flag.ACK:
            self._sender.raw(frame(FrameType.PING, Flag.ACK, 0, payload))

    def _take_window_update(self, flags: int, number: int, payload: bytes) -> None:
        stream = self._known(number) if number else None
        allowance = stream.allowance if stream else None if number else self._sender.allowance
        if allowance is not None:
            allowance.widen(read_number(payload))
            self._sender.look_again()

    def _refuse_push(self, flags: int, number: int, payload: bytes) -> None:
        raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE is not allowed here")

    def _known(self, number: int) -> Stream | None:
        """A stream that there is or was; None if it is over."""
        highest = self._next - 2 if self._accept is None else self._last_peer
        if number == 0 or number > highest:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "a frame of a stream that nobody opened")
        return self._streams.get(number)

    # -- the end

    def _forget(self, stream: Stream) -> None:
        self._streams.pop(stream.number, None)

    def _end(self, error: ConnectionError) -> None:
        if self._lost:
            return
        self._lost = True
        for stream in tuple(self._streams.values()):
            stream.fail(error)
        if self._on_lost is not None:
            self._on_lost()


_TAKERS: Final[dict[int, Callable[[Connection, int, int, bytes], None]]] = {
    FrameType.DATA: Connection._take_data,
    FrameType.HEADERS: Connection._take_headers,
    FrameType.CONTINUATION: Connection._take_continuation,
    FrameType.RST_STREAM: Connection._take_reset,
    FrameType.SETTINGS: Connection._take_settings,
    FrameType.PING: Connection._take_ping,
    FrameType.WINDOW_UPDATE: Connection._take_window_update,
    FrameType.PUSH_PROMISE: Connection._refuse_push,
}


def _is_informational(headers: Headers) -> bool:
    return any(name == ":status" and value.startswith("1") for name, value in headers)
