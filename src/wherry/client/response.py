"""One HTTP response, its body read as it comes."""

from .jsonlite import loads
from .transport import CannotConnect, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

PART = 1 << 15
"""Bytes of a body that are read at a time. A few parts live together, and what they leave free on top of the heap the C
library gives back to the kernel from 128 kB on, to ask for it again with the next one."""

CONTINUE = 100
ENDED = -1


class Response:
    """Status, headers (lower-case names) and a body that is read once, whole or in parts."""

    def __init__(self, status: int, headers: dict[str, str], parts: "Iterator[bytes]") -> None:
        self.status = status
        self.headers = headers
        self._parts = parts

    def chunks(self) -> "Iterator[bytes]":
        """The body's bytes as they arrive, never empty, cut anywhere."""
        return self._parts

    def read(self) -> bytes:
        return b"".join(self._parts)

    def json(self) -> "Any":
        return loads(self.read())

    def lines(self) -> "Iterator[bytes]":
        """The body's lines as they arrive, without their line ends."""
        rest = b""
        for part in self._parts:
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line.removesuffix(b"\r")
        if rest:
            yield rest


def read_head(stream: Stream) -> tuple[int, dict[str, str]]:
    """Status and headers of the next response that is final (``100 Continue`` is passed over)."""
    while True:
        status, headers = next_head(stream)
        if status != CONTINUE:
            return status, headers


def next_head(stream: Stream) -> tuple[int, dict[str, str]]:
    status = _status(stream.line())
    headers = {}
    while line := stream.line():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return status, headers


def body_of(
    stream: Stream, method: str, status: int, headers: dict[str, str], done: "Callable[[Stream], None]"
) -> "Iterator[bytes]":
    """What follows the head, by the rules of RFC 9112, section 6.3; ``done`` is given the stream at the end of it."""
    if headers.get("connection", "").lower() == "close":
        done = Stream.close
    if method == "HEAD" or status in (204, 304) or headers.get("content-length") == "0":
        done(stream)
        return iter(())
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunked(stream, done)
    if "content-length" in headers:
        return _counted(stream, int(headers["content-length"]), done)
    return _until_end(stream)


def _status(line: bytes) -> int:
    words = line.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        raise CannotConnect(f"error during connect: malformed HTTP response {line[:80].decode('latin-1')!r}")
    return int(words[1])


def _some(stream: Stream) -> bytes:
    data = stream.receive(PART)
    if not data:
        raise stream.lost()
    return data


def _counted(stream: Stream, left: int, done: "Callable[[Stream], None]") -> "Iterator[bytes]":
    while left:
        data = _some(stream)
        data, stream.buffer = data[:left], data[left:]
        left -= len(data)
        if not left:
            done(stream)
        yield data


def _chunked(stream: Stream, done: "Callable[[Stream], None]") -> "Iterator[bytes]":
    rest, left = b"", 0
    while left != ENDED:
        payload, rest, left = _payload(rest + _some(stream), left)
        if payload:
            yield payload
    stream.buffer = rest
    while stream.line():  # the trailer, and the empty line that ends it
        pass
    done(stream)


def _payload(data: bytes, left: int) -> tuple[bytes, bytes, int]:
    """What ``data`` holds of the chunks' contents, the bytes not yet understood, and what is left of the last chunk.

    All chunks at hand become one: a log arrives as a million chunks of one line each.
    """
    if len(data) <= left:
        return data, b"", left - len(data)
    parts = []
    start = 0
    while True:
        if left:
            part = data[start : start + left]
            parts.append(part)
            start += len(part)
            left -= len(part)
            if left:
                return b"".join(parts), b"", left
        end = data.find(b"\r\n", start)
        if end < 0:
            return b"".join(parts), data[start:], 0
        size = data[start:end]
        start = end + 2
        if size:  # it is empty at the line end behind a chunk
            left = int(size.partition(b";")[0], 16)
            if not left:
                return b"".join(parts), data[start:], ENDED


def _until_end(stream: Stream) -> "Iterator[bytes]":
    while data := stream.receive():
        yield data
    stream.close()
