"""Frames of HTTP/2 (RFC 9113, sections 4 and 6): bytes and numbers, no state."""

import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD: Final = 9
MAX_FRAME: Final = 16384
"""Bytes of a frame's payload: what every peer takes, and all that we take."""
MAX_WINDOW: Final = (1 << 31) - 1

_HEAD = struct.Struct(">HBBBL")
_SETTING = struct.Struct(">HL")
_NUMBER = struct.Struct(">L")


class FrameType(IntEnum):
    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class Flag(IntEnum):
    """Bits: numbers, since an IntFlag makes a new member of each operation."""

    NONE = 0
    END_STREAM = 0x1
    ACK = 0x1
    END_HEADERS = 0x4
    PADDED = 0x8
    PRIORITY = 0x20


class Setting(IntEnum):
    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class ErrorCode(IntEnum):
    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    ENHANCE_YOUR_CALM = 11


class RulesBroken(Exception):
    """What the peer sent ends the connection."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code


def head(kind: FrameType, flags: int, stream: int, size: int) -> bytes:
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream)


def frame(kind: FrameType, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return head(kind, flags, stream, len(payload)) + payload


def read_head(data: bytes, position: int) -> tuple[int, int, int, int]:
    """Size of the payload, type, flags, stream."""
    high, low, kind, flags, stream = _HEAD.unpack_from(data, position)
    return high << 8 | low, kind, flags, stream & MAX_WINDOW


class FrameReader:
    """Cuts what comes into frames; ``preface`` is what comes before the first."""

    def __init__(self, preface: bytes) -> None:
        self._preface = preface  # what is still to come of it
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Type, flags, stream and payload of each frame that is whole. RulesBroken."""
        data = self._rest + data if self._rest else data
        position, end = self._past_preface(data), len(data)
        while not self._preface and end - position >= HEAD:
            size, kind, flags, number = read_head(data, position)
            if size > MAX_FRAME:
                raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "a frame larger than was allowed")
            if end - position - HEAD < size:
                break
            begin, position = position + HEAD, position + HEAD + size
            yield kind, flags, number, data[begin:position]
        self._rest = data[position:]

    def _past_preface(self, data: bytes) -> int:
        size = min(len(self._preface), len(data))
        if data[:size] != self._preface[:size]:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "no preface of HTTP/2")
        self._preface = self._preface[size:]
        return size


def settings(values: Mapping[Setting, int]) -> bytes:
    return frame(FrameType.SETTINGS, 0, 0, b"".join(_SETTING.pack(*item) for item in values.items()))


def read_settings(payload: bytes) -> Iterator[tuple[int, int]]:
    if len(payload) % _SETTING.size:
        raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong size")
    yield from _SETTING.iter_unpack(payload)


def window_update(stream: int, size: int) -> bytes:
    return frame(FrameType.WINDOW_UPDATE, 0, stream, _NUMBER.pack(size))


def reset(stream: int, code: ErrorCode) -> bytes:
    return frame(FrameType.RST_STREAM, 0, stream, _NUMBER.pack(code))


def goaway(last: int, code: ErrorCode, text: str) -> bytes:
    return frame(FrameType.GOAWAY, 0, 0, struct.pack(">LL", last, code) + text.encode())


def read_number(payload: bytes) -> int:
    """The one number that WINDOW_UPDATE and RST_STREAM hold."""
    if len(payload) != _NUMBER.size:
        raise RulesBroken(ErrorCode.FRAME_SIZE_ERROR, "a frame of a wrong size")
    return int(_NUMBER.unpack(payload)[0])


def unpadded(flags: int, payload: bytes) -> bytes:
    """A payload without the padding and the priority that the flags tell of."""
    start, end = 0, len(payload)
    if flags & Flag.PADDED:
        start, end = 1, end - (payload[0] if payload else 0)
    if flags & Flag.PRIORITY:
        start += 5
    if start > end:
        raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "more padding than there is")
    return payload[start:end]
