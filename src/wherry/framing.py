"""Where a request's body ends: decoders for the two ways of HTTP/1.1 to frame one (RFC 9112, sections 6 and 7).

One process may begin to decode a body and another go on.
"""

CHUNKED = "chunked"

MAX_LINE = 8192
"""Longest line of a chunk's size or of a trailer, in bytes."""

MAX_TRAILERS = 64
_HEX = b"0123456789abcdefABCDEF"


class BrokenFraming(Exception):
    """The end of the body cannot be found."""


class FixedLength:
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.complete = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Split received bytes into payload and what lies behind the body (empty until ``complete``)."""
        if len(data) < self._left:
            self._left -= len(data)
            return data, b""
        payload, rest = data[: self._left], data[self._left :]
        self._left, self.complete = 0, True
        return payload, rest

    def resumed(self, payload: bytes) -> tuple[str, bytes] | None:
        """For another process that goes on: what ``decoder_of`` takes, and what that decoder is to be fed first, if
        ``payload`` is all that was decoded here. None if no payload is to come."""
        return (str(len(payload) + self._left), payload) if self._left else None


class Chunked:
    """Chunk sizes and trailers are checked and dropped, payloads joined."""

    def __init__(self) -> None:
        self.complete = False
        self._partial = b""  # the begin of a line whose end has not come
        self._left = 0  # payload bytes to come of this chunk
        self._next_line = self._size
        self._trailers = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """As ``FixedLength.feed``; raises ``BrokenFraming``."""
        if len(data) <= self._left:
            self._left -= len(data)
            return data, b""
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

    def resumed(self, payload: bytes) -> tuple[str, bytes] | None:
        """As ``FixedLength.resumed``."""
        if self.complete or self._next_line == self._trailer:
            return None
        size = len(payload) + self._left
        head = b"%x\r\n%b" % (size, payload) if size else b""
        end = b"\r\n" if size and self._next_line == self._size else b""
        return CHUNKED, head + end + self._partial

    def _keep_partial(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise BrokenFraming("chunk header too long")
        self._partial = line

    def _size(self, line: bytes) -> None:
        digits = line.partition(b";")[0].strip(b" \t")
        if not digits or len(digits) > 16 or digits.translate(None, _HEX):
            raise BrokenFraming("invalid byte in chunk length")
        self._left = int(digits, 16)
        self._next_line = self._chunk_end if self._left else self._trailer

    def _chunk_end(self, line: bytes) -> None:
        if line:
            raise BrokenFraming("malformed chunked encoding")
        self._next_line = self._size

    def _trailer(self, line: bytes) -> None:
        self._trailers += 1
        if self._trailers > MAX_TRAILERS:
            raise BrokenFraming("too many trailers")
        self.complete = not line


BodyDecoder = FixedLength | Chunked


def decoder_of(framing: str) -> BodyDecoder:
    """The decoder of a body that is ``CHUNKED``, or that has as many bytes as this says."""
    return Chunked() if framing == CHUNKED else FixedLength(int(framing))
