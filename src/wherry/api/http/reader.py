"""The receiving half of a connection: bytes in, heads and bodies out."""

import asyncio

from wherry.api.http.faults import HeadersTooLarge, MalformedRequest, UnsupportedVersion, UriTooLong
from wherry.api.http.flow import BUFFER, Inbound
from wherry.api.http.head import END_OF_HEAD, Head, parse_head
from wherry.framing import BodyDecoder, BrokenFraming, Chunked, FixedLength

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\n"
"""What an HTTP/2 client sends first when it knows that the server speaks it (RFC 9113, section 3.4)."""


class RequestReader:
    """Cuts what a client sends into requests. What comes ahead of its turn is kept, up to ``BUFFER``.

    Attributes:
        body: of the request whose head came last; None if it has none.
        head_begun: a part of the next head is there.
        broken: the end of the body cannot be found, so neither can the next request's begin.
    """

    def __init__(self, transport: asyncio.Transport, max_head: int) -> None:
        self.body: Inbound | None = None
        self.broken = False
        self._transport = transport
        self._max_head = max_head
        self._pending = bytearray()
        self._scanned = 0  # of pending, searched for the end of a head
        self._decoder: BodyDecoder | None = None

    @property
    def head_begun(self) -> bool:
        return bool(self._pending)

    @property
    def unfinished(self) -> bool:
        """Whether a part of the body is still to come."""
        return self._decoder is not None

    def feed(self, data: bytes) -> None:
        if self._decoder is not None:
            data = self._feed_body(self._decoder, data)
        self._pending += data

    @property
    def is_full(self) -> bool:
        """Enough is waiting for its turn."""
        return len(self._pending) >= BUFFER

    def next_head(self) -> Head | None:
        """The next request's head, or None if it is not whole yet.

        Raises:
            MalformedRequest: what came is no request.
        """
        found = END_OF_HEAD.search(self._pending, self._scanned)
        size = found.end() if found else len(self._pending)
        if size > self._max_head:
            raise HeadersTooLarge("headers too large") if b"\n" in self._pending else UriTooLong("URI too long")
        if found is None:
            self._scanned = max(0, size - 3)
            return None
        if self.at_http2_preface:
            raise UnsupportedVersion("HTTP/2 is not served here")
        head = parse_head(bytes(self._pending[:size]))
        del self._pending[:size]
        self._scanned = 0
        self._decoder = _decoder_for(head)
        self.body = None if self._decoder is None else Inbound(self._transport)
        if self._decoder is not None and self._pending:
            self.feed(self.take_rest())
        return head

    @property
    def at_http2_preface(self) -> bool:
        return self._pending.startswith(HTTP2_PREFACE)

    def take_rest(self) -> bytes:
        """Everything that came behind the last request."""
        rest = bytes(self._pending)
        self._pending.clear()
        return rest

    def break_body(self, error: Exception) -> None:
        """End the body with an error for its reader."""
        if self.body is not None:
            self.body.end(error)
        self._decoder = None
        self.broken = True

    def lend(self) -> tuple[str, bytes] | None:
        """Stop to read, and leave the rest of the body, with what came of it, to somebody else: see
        ``BodyDecoder.resumed``. None if there is nothing to leave."""
        if self._decoder is None or self.body is None:
            return None
        payload = self.body.take()
        found = self._decoder.resumed(payload)
        if found is not None:
            self._transport.pause_reading()
            self._decoder = None
            self.broken = True
        elif payload:
            self.body.put(payload)
        return found

    def _feed_body(self, decoder: BodyDecoder, data: bytes) -> bytes:
        """Give bytes to the body; return those behind it."""
        assert self.body is not None
        try:
            payload, rest = decoder.feed(data)
        except BrokenFraming as error:
            self.break_body(MalformedRequest(str(error)))
            return b""
        if payload:
            self.body.put(payload)
        if decoder.complete:
            self.body.end()
            self._decoder = None
        return rest


def _decoder_for(head: Head) -> BodyDecoder | None:
    """The decoder of the body that a head announces, or None if there is no body."""
    if head.chunked:
        return Chunked()
    if head.content_length:
        return FixedLength(head.content_length)
    return None
