"""Where a request's body ends: decoders for the two ways of HTTP/1.1 to frame one (RFC 9112, sections 6 and 7)."""

from typing import Protocol

from wherry.api.http.faults import MalformedRequest
from wherry.api.http.head import Head

MAX_LINE = 8192
"""Longest line of a chunk's size or of a trailer, in bytes."""

MAX_TRAILERS = 64
_HEX = b"0123456789abcdefABCDEF"


class BodyDecoder(Protocol):
    complete: bool

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Split received bytes into payload and what lies behind the body (empty until ``complete``).

        Raises:
            MalformedRequest: the framing is broken.
        """
        ...


def decoder_for(head: Head) -> BodyDecoder | None:
    """The decoder of the body that a head announces, or None if there is no body."""
    if head.chunked:
        return Chunked()
    if head.content_length:
        return FixedLength(head.content_length)
    return None


class FixedLength:
    def __init__(self, length: int) -> None:
        self._left = length
        self.complete = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        if len(data) < self._left:
            self._left -= len(data)
            return data, b""
        payload, rest = data[: self._left], data[self._left :]
        self._left, self.complete = 0, True
        return payload, rest


class Chunked:
    """Chunk sizes and trailers are checked and dropped, payloads joined."""

    def __init__(self) -> None:
        self.complete = False
        self._partial = b""  # the begin of a line whose end has not come
        self._left = 0  # payload bytes to come of this chunk
        self._next_line = self._size
        self._trailers = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        data, self._partial = self._partial + data, b""
        view = memoryview(data)
        pieces: list[memoryview] = []
        at = 0
        while not self.complete:
            if self._left:
                piece = view[at : at + self._left]
                pieces.append(piece)
                self._left -= len(piece)
                at += len(piece)
                if self._left:
                    break
            end = data.find(b"\r\n", at)
            if end < 0:
                self._keep_partial(data[at:])
                at = len(data)
                break
            self._next_line(data[at:end])
            at = end + 2
        return b"".join(pieces), data[at:]

    def _keep_partial(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise MalformedRequest("chunk header too long")
        self._partial = line

    def _size(self, line: bytes) -> None:
        digits = line.partition(b";")[0].strip(b" \t")
        if not digits or len(digits) > 16 or digits.translate(None, _HEX):
            raise MalformedRequest("invalid byte in chunk length")
        self._left = int(digits, 16)
        self._next_line = self._chunk_end if self._left else self._trailer

    def _chunk_end(self, line: bytes) -> None:
        if line:
            raise MalformedRequest("malformed chunked encoding")
        self._next_line = self._size

    def _trailer(self, line: bytes) -> None:
        self._trailers += 1
        if self._trailers > MAX_TRAILERS:
            raise MalformedRequest("too many trailers")
        self.complete = not line
