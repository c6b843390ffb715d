"""One stream: headers, data and trailers, each way."""

import asyncio
from collections.abc import Callable
from typing import Final

from wherry.buildkit.http2.frames import ErrorCode, RulesBroken
from wherry.buildkit.http2.headers import Headers
from wherry.buildkit.http2.sending import Allowance, Sender

WINDOW: Final = 1 << 20
"""Bytes that a peer may send ahead of who reads a stream."""


class StreamReset(Exception):
    """The peer ended the stream before its time."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the stream was reset with code {code}")
        self.code = code


class Stream:
    """``headers`` are the peer's first, ``trailers`` its last; of an answer of headers alone they are the same.

    ``on_failed`` is called when it ends before its time, ``on_over`` when it has ended both ways or failed.
    """

    def __init__(self, number: int, sender: Sender, on_over: Callable[["Stream"], None]) -> None:
        self.number = number
        self.headers: Headers = ()
        self.trailers: Headers = ()
        self.on_failed: Callable[[], None] | None = None
        self.allowance = Allowance(sender.initial)
        self._sender = sender
        self._on_over = on_over
        self._sent_all = False
        self._got_all = False
        self._error: Exception | None = None
        self._unread = bytearray()  # one piece: of small ones each would take more than what is in it
        self._uncredited = 0  # bytes that were read, and not yet allowed again
        self._reader: asyncio.Future[None] | None = None

    # -- for who uses it

    async def read(self) -> bytes:
        """All data that is there, waiting for the first; ``b""`` at the end. One reader at a time.

        StreamReset, ConnectionError.
        """
        while not self._unread:
            if self._got_all:
                return b""
            self._require_alive()
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        data = bytes(self._unread)
        self._unread.clear()
        self._credit(len(data))
        return data

    def start(self, headers: Headers, *, end: bool = False) -> None:
        """Send headers; with ``end`` they are the last that is sent. StreamReset, ConnectionError."""
        self._require_open()
        self._sender.headers(self.number, headers, end=end)
        if end:
            self._all_sent()

    async def write(self, data: bytes) -> None:
        """Send data, waiting while the peer does not take it. StreamReset, ConnectionError."""
        self._require_open()
        await self._sender.data(self.number, data, self.allowance, self._require_alive)

    def end(self) -> None:
        """Say that no more will be sent."""
        if not self._sent_all and self._error is None:
            self._sender.end(self.number)
            self._all_sent()

    def reset(self, code: ErrorCode = ErrorCode.CANCEL) -> None:
        """End it both ways, unless it is over."""
        if not self._is_over:
            self._sender.reset(self.number, code)
            self.fail(StreamReset(code))

    # -- for its connection

    def put(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) + self._uncredited > WINDOW:
            raise RulesBroken(ErrorCode.FLOW_CONTROL_ERROR, "more data than was allowed")
        self._wake()

    def put_headers(self, headers: Headers) -> None:
        self.headers = self.headers or headers
        self.trailers = headers

    def finish(self) -> None:
        """The peer has sent its last."""
        self._got_all = True
        self._wake()
        self._tell_if_over()

    def fail(self, error: Exception) -> None:
        """Nothing more comes or goes; what had come to its end may still be read."""
        if self._error is not None:
            return
        self._error = error
        self._wake()
        self._sender.look_again()
        if self.on_failed is not None:
            self.on_failed()
        self._on_over(self)

    # -- within

    @property
    def _is_over(self) -> bool:
        return self._error is not None or (self._sent_all and self._got_all)

    def _all_sent(self) -> None:
        self._sent_all = True
        self._tell_if_over()

    def _tell_if_over(self) -> None:
        if self._is_over:
            self._on_over(self)

    def _require_alive(self) -> None:
        if self._error is not None:
            raise self._error

    def _require_open(self) -> None:
        self._require_alive()
        if self._sent_all:
            raise RuntimeError("the stream's sending side is closed")

    def _credit(self, size: int) -> None:
        self._uncredited += size
        if self._uncredited >= WINDOW // 2 and not self._got_all:
            self._sender.allow(self.number, self._uncredited)
            self._uncredited = 0

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
