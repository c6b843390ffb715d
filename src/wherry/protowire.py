"""The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/): fields and their numbers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

_SIZES = {FIXED64: 8, FIXED32: 4}
_MASK = (1 << 64) - 1


def items(data: bytes | memoryview) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value of each field: an int of a varint, else a part of the data. Raises IndexError,
    ValueError."""
    position, end = 0, len(data)
    while position < end:
        key, position = varint(data, position)
        wire_type = key & 7
        if wire_type == VARINT:
            value, position = varint(data, position)
            yield key >> 3, VARINT, value
            continue
        if wire_type == BYTES:
            size, position = varint(data, position)
        elif wire_type in _SIZES:
            size = _SIZES[wire_type]
        else:
            raise ValueError(f"wire type {wire_type}")
        if position + size > end:
            raise ValueError("unexpected EOF")
        yield key >> 3, wire_type, data[position : position + size]
        position += size


def varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """A varint and the position behind it."""
    byte = data[position]
    if byte < 0x80:
        return byte, position + 1
    value, shift = byte & 0x7F, 7
    while True:
        position += 1
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK, position + 1
        shift += 7
        if shift > 63:
            raise ValueError("varint overflow")


def as_varint(value: int) -> bytes:
    """Negative numbers as 64 bits in two's complement."""
    value &= _MASK
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
