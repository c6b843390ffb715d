"""A connection: frames to streams and back, as server or as client."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, cast

from wherry.buildkit.http2.frames import (
    HEAD,
    MAX_FRAME,
    MAX_WINDOW,
    PREFACE,
    ErrorCode,
    Flag,
    FrameType,
    RulesBroken,
    Setting,
    frame,
    goaway,
    head,
    read_head,
    read_number,
    read_settings,
    reset,
    settings,
    unpadded,
    window_update,
)
from wherry.buildkit.http2.headers import HeaderCoding
from wherry.buildkit.http2.stream import WINDOW, Headers, Stream, StreamReset

_log = logging.getLogger(__name__)

MAX_STREAMS: Final = 128
_INITIAL_WINDOW: Final = 65535  # until a peer says otherwise
_CONNECTION_WINDOW: Final = 1 << 24
_MAX_UNSENT: Final = 1 << 22  # bytes that a peer leaves unread while it goes on asking


class Connection(asyncio.Protocol):
    """``accept`` is called with each stream that the peer opens once its headers are there; None makes it a client,
    that opens streams itself. ``on_lost`` is called once, at the end."""

    def __init__(
        self, accept: Callable[[Stream], None] | None = None, on_lost: Callable[[], None] | None = None
    ) -> None:
        self._accept = accept
        self._on_lost = on_lost
        self._received = b""
        self._preface = PREFACE if accept else b""  # what is still to come of it
        self._coding = HeaderCoding()
        self._streams: dict[int, Stream] = {}
        self._last_peer = 0
        self._next = 1
        self._send_window = _INITIAL_WINDOW
        self._initial_window = _INITIAL_WINDOW  # of a stream's sending
        self._taken = 0  # bytes of data since the connection's window was widened
        self._lost = False
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def is_lost(self) -> bool:
        return self._lost

    # -- events of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1 << 18)
        values = {Setting.INITIAL_WINDOW_SIZE: WINDOW, Setting.MAX_CONCURRENT_STREAMS: MAX_STREAMS}
        if self._accept is None:
            values = {Setting.ENABLE_PUSH: 0, Setting.INITIAL_WINDOW_SIZE: WINDOW}
            self._transport.write(PREFACE)
        self._transport.write(settings(values) + window_update(0, _CONNECTION_WINDOW - _INITIAL_WINDOW))

    def data_received(self, data: bytes) -> None:
        if self._lost:
            return
        data = self._received + data if self._received else data
        try:
            self._received = data[self._consume(data) :]
        except RulesBroken as error:
            self._break_off(error)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(ConnectionResetError("the peer has gone"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # -- for who uses it

    def open(self, headers: Headers) -> Stream:
        """A new stream that begins with these headers. ConnectionError."""
        if self._lost:
            raise ConnectionResetError("the peer has gone")
        stream = Stream(self, self._next, self._initial_window)
        self._next += 2
        self._streams[stream.number] = stream
        stream.start(headers)
        return stream

    def close(self) -> None:
        """End it; what was sent still goes out."""
        if not self._lost:
            self._transport.write(goaway(self._last_peer, ErrorCode.NO_ERROR, ""))
            self._transport.close()
            self._end(ConnectionResetError("the connection is closed"))

    # -- for its streams

    def send_headers(self, stream: Stream, headers: Headers, *, end: bool) -> None:
        block = self._coding.encode(headers)
        kind, flags = FrameType.HEADERS, Flag.END_STREAM if end else Flag.NONE
        while len(block) > MAX_FRAME:
            self._transport.write(frame(kind, flags, stream.number, block[:MAX_FRAME]))
            kind, flags, block = FrameType.CONTINUATION, Flag.NONE, block[MAX_FRAME:]
        self._transport.write(frame(kind, flags | Flag.END_HEADERS, stream.number, block))
        if end:
            self._sent_all(stream)

    async def send_data(self, stream: Stream, data: bytes) -> None:
        sent, rest = 0, memoryview(data)
        while sent < len(data):
            size = min(len(data) - sent, MAX_FRAME, stream.send_window, self._send_window)
            if size <= 0 or not self._writable.is_set():
                await self._wait_for_room(size)
                stream.require_sendable()
                continue
            stream.send_window -= size
            self._send_window -= size
            piece = rest[sent : sent + size]
            self._transport.writelines((head(FrameType.DATA, 0, stream.number, size), piece))
            sent += size

    def send_end(self, stream: Stream) -> None:
        self._transport.write(frame(FrameType.DATA, Flag.END_STREAM, stream.number))
        self._sent_all(stream)

    def send_reset(self, stream: Stream, code: ErrorCode) -> None:
        self._streams.pop(stream.number, None)
        if not self._lost:
            self._transport.write(reset(stream.number, code))

    def allow(self, number: int, size: int) -> None:
        """The peer may send more."""
        if not self._lost:
            self._transport.write(window_update(number, size))

    # -- sending

    async def _wait_for_room(self, size: int) -> None:
        if size <= 0:
            self._changed.clear()
            await self._changed.wait()
        else:
            await self._writable.wait()

    def _sent_all(self, stream: Stream) -> None:
        stream.sent_all = True
        self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        if stream.is_over:
            self._streams.pop(stream.number, None)

    # -- receiving

    def _consume(self, data: bytes) -> int:
        """Take the frames that are whole; how many bytes they have."""
        position, end = self._past_preface(data), len(data)
        while not self._preface and not self._lost and end - position >= HEAD:
            size, kind, flags, number = read_head(data, position)
            if size > MAX_FRAME:
                raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "a frame larger than was allowed")
            begin = position + HEAD
            if end - begin < size:
                break
            position = begin + size
            self._take(kind, flags, number, data[begin:position])
        return position

    def _past_preface(self, data: bytes) -> int:
        size = min(len(self._preface), len(data))
        if data[:size] != self._preface[:size]:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "no preface of HTTP/2")
        self._preface = self._preface[size:]
        return size

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self._coding.unfinished and (kind, number) != (FrameType.CONTINUATION, self._coding.unfinished):
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "headers were broken off")
        if taker := _TAKERS.get(kind):
            taker(self, flags, number, payload)

    def _take_data(self, flags: int, number: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken >= _CONNECTION_WINDOW // 2:
            self.allow(0, self._taken)
            self._taken = 0
        stream = self._known(number)
        if stream is None:
            return
        padding = len(payload) - len(data := unpadded(flags & Flag.PADDED, payload))
        if padding:
            self.allow(number, padding)
        if data:
            stream.put(data)
        self._got(stream, flags)

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
        stream = self._streams.get(number)
        is_new = stream is None and self._accept is not None and number > self._last_peer
        if is_new:
            stream = self._opened(number)
        if stream is None:
            self._known(number)
            return
        if not _is_informational(headers):
            stream.put_headers(headers)
        if is_new and self._accept is not None:
            self._accept(stream)
        self._got(stream, first_flags)

    def _opened(self, number: int) -> Stream | None:
        if number % 2 == 0:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "a stream with an even number")
        self._last_peer = number
        if len(self._streams) >= MAX_STREAMS:
            self._reply(reset(number, ErrorCode.REFUSED_STREAM))
            return None
        stream = self._streams[number] = Stream(self, number, self._initial_window)
        return stream

    def _take_reset(self, flags: int, number: int, payload: bytes) -> None:
        stream = self._known(number)
        code = read_number(payload)
        if stream is not None:
            del self._streams[number]
            stream.fail(StreamReset(code))
            self._changed.set()

    def _take_settings(self, flags: int, number: int, payload: bytes) -> None:
        if flags & Flag.ACK:
            return
        for name, value in read_settings(payload):
            if name == Setting.INITIAL_WINDOW_SIZE:
                self._resize_windows(value)
            elif name == Setting.HEADER_TABLE_SIZE:
                self._coding.limit_table(value)
        self._reply(frame(FrameType.SETTINGS, Flag.ACK, 0))

    def _resize_windows(self, size: int) -> None:
        if size > MAX_WINDOW:
            raise RulesBroken(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large")
        for stream in self._streams.values():
            stream.send_window += size - self._initial_window
        self._initial_window = size
        self._changed.set()

    def _take_ping(self, flags: int, number: int, payload: bytes) -> None:
        if len(payload) != 8:
            raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong size")
        if not flags & Flag.ACK:
            self._reply(frame(FrameType.PING, Flag.ACK, 0, payload))

    def _take_window_update(self, flags: int, number: int, payload: bytes) -> None:
        size = read_number(payload) & MAX_WINDOW
        if number == 0:
            self._send_window += size
            window = self._send_window
        elif (stream := self._known(number)) is not None:
            stream.send_window += size
            window = stream.send_window
        else:
            return
        if not size or window > MAX_WINDOW:
            raise RulesBroken(ErrorCode.FLOW_CONTROL_ERROR, "a window that is no window")
        self._changed.set()

    def _refuse_push(self, flags: int, number: int, payload: bytes) -> None:
        raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE is not allowed here")

    def _known(self, number: int) -> Stream | None:
        """A stream that there is or was; None if it is over."""
        mine = self._accept is None or number % 2 == 0
        if number == 0 or number > (self._next if mine else self._last_peer):
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "a frame of a stream that nobody opened")
        return self._streams.get(number)

    def _got(self, stream: Stream, flags: int) -> None:
        if flags & Flag.END_STREAM:
            stream.finish()
            self._forget(stream)

    def _reply(self, data: bytes) -> None:
        """To what the peer may ask without end: it has to read the answers."""
        if self._transport.get_write_buffer_size() > _MAX_UNSENT:
            raise RulesBroken(ErrorCode.ENHANCE_YOUR_CALM, "answers are not read")
        self._transport.write(data)

    # -- the end

    def _break_off(self, error: RulesBroken) -> None:
        _log.debug("an HTTP/2 connection is broken off: %s", error)
        self._transport.write(goaway(self._last_peer, error.code, str(error)))
        self._transport.close()
        self._end(ConnectionAbortedError(str(error)))

    def _end(self, error: ConnectionError) -> None:
        if self._lost:
            return
        self._lost = True
        self._received = b""
        for stream in tuple(self._streams.values()):
            stream.fail(error)
        self._streams.clear()
        self._changed.set()
        self._writable.set()
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
