"""Messages of Graylog's extended format (docs.graylog.org, GELF 1.1): JSON objects, compressed and cut to chunks in
datagrams, ended by a zero byte in streams."""

import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from wherry.collectors.encoding import HOSTNAME, nanoseconds_of, seconds_of
from wherry.model.collector import Gelf
from wherry.model.log import LogLine

_log = logging.getLogger(__name__)

_LEVELS: Final = {1: 6, 2: 3}
_WINDOWS: Final = {"gzip": 31, "zlib": 15}  # zlib's wbits: which header there is
_CHUNK: Final = 1420  # bytes, with a head of 12
_HEAD: Final = 12
_MOST_CHUNKS: Final = 128


class GelfEncoder:
    """Empty lines are left out. What is no UTF-8 becomes U+FFFD, as by Go's encoder of JSON."""

    answer = b""

    def __init__(self, form: Gelf, *, is_stream: bool) -> None:
        self._form = form
        self._is_stream = is_stream

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        objects = (self._object(line) for line in lines if line.data != b"\n")
        if self._is_stream:
            return [message + b"\0" for message in objects]
        return [chunk for message in objects for chunk in _chunks(self._compressed(message))]

    def _object(self, line: LogLine) -> bytes:
        head = {
            "version": "1.1",
            "host": HOSTNAME,
            "short_message": line.data.removesuffix(b"\n").decode(errors="replace"),
            "timestamp": (seconds_of(line) * 1000 + nanoseconds_of(line) // 1_000_000) / 1000,
            "level": _LEVELS[line.stream],
        }
        return msgspec.json.encode({**head, **self._form.fields})

    def _compressed(self, message: bytes) -> bytes:
        if self._form.compression == "none":
            return message
        packer = zlib.compressobj(self._form.level, wbits=_WINDOWS[self._form.compression])
        return packer.compress(message) + packer.flush()


def _chunks(message: bytes) -> Iterator[bytes]:
    if len(message) <= _CHUNK:
        yield message
        return
    size = _CHUNK - _HEAD
    count = -(-len(message) // size)
    if count > _MOST_CHUNKS:
        _log.warning("a message of %d bytes is too long for GELF's datagrams: it is left out", len(message))
        return
    identity = os.urandom(8)
    for number in range(count):
        yield b"\x1e\x0f" + identity + bytes((number, count)) + message[number * size : (number + 1) * size]
