"""Protocol Buffers to and from frozen records.

A field says its number, ``path: Annotated[str, 1] = ""``, and its type says the rest:

    int, bool, IntEnum     varint; negative numbers as 64 bits in two's complement
    str, bytes             length and bytes
    Message | None         length and an embedded message
    tuple[T, ...]          repeated; numbers are packed when written, and taken packed or not
    dict[str, T]           a map; T is no number

Unknown fields are skipped. What has its default is not written.
"""

import functools
import types
import typing
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, TypeVar, get_args, get_origin

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.protowire import BYTES, VARINT, as_varint, items, varint

M = TypeVar("M", bound=Struct)


class _Field(Struct, frozen=True, kw_only=True):
    """``repeated`` and ``mapped`` exclude each other; ``read`` and ``write`` are of one element."""

    name: str
    number: int
    wire_type: int
    repeated: bool
    mapped: bool
    read: Callable[[Any], Any]
    write: Callable[[Any], bytes]


def encode(message: Struct) -> bytes:
    """The bytes of a record."""
    pieces: list[bytes] = []
    for field in _fields(type(message)).values():
        value = getattr(message, field.name)
        if value or (value is not None and isinstance(value, Struct)):
            pieces.extend(_written(field, value))
    return b"".join(pieces)


def decode(kind: type[M], data: bytes) -> M:
    """The record that bytes are. Raises InvalidArgument for what is no message of this kind."""
    fields = _fields(kind)
    found: dict[str, Any] = {}
    try:
        for number, wire_type, raw in items(data):
            if field := fields.get(number):
                _take(found, field, wire_type, raw)
    except (IndexError, UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        raise InvalidArgument(f"malformed {kind.__name__}: {error}") from None
    for name, value in found.items():
        if isinstance(value, list):
            found[name] = tuple(value)
    return kind(**found)


def _written(field: _Field, value: Any) -> Iterator[bytes]:
    key = as_varint(field.number << 3 | field.wire_type)
    if field.mapped:
        entries = (_pair(field, *entry) for entry in value.items())
        yield from (key + as_varint(len(entry)) + entry for entry in entries)
    elif field.repeated and field.wire_type == VARINT:
        packed = b"".join(map(field.write, value))
        yield as_varint(field.number << 3 | BYTES) + as_varint(len(packed)) + packed
    else:
        for element in value if field.repeated else (value,):
            raw = field.write(element)
            yield key + raw if field.wire_type == VARINT else key + as_varint(len(raw)) + raw


def _take(found: dict[str, Any], field: _Field, wire_type: int, raw: Any) -> None:
    if wire_type != field.wire_type and not (field.repeated and wire_type == BYTES):
        raise ValueError(f"wire type {wire_type} of field {field.number}")
    if field.mapped:
        name, value = _unpaired(field, raw)
        found.setdefault(field.name, {})[name] = value
    elif field.repeated:
        elements = _unpacked(raw) if field.wire_type == VARINT and wire_type == BYTES else (raw,)
        found.setdefault(field.name, []).extend(map(field.read, elements))
    else:
        found[field.name] = field.read(raw)


def _unpacked(raw: bytes) -> Iterator[int]:
    position = 0
    while position < len(raw):
        value, position = varint(raw, position)
        yield value


def _pair(field: _Field, name: str, value: Any) -> bytes:
    encoded, raw = name.encode(), field.write(value)
    return b"\x0a" + as_varint(len(encoded)) + encoded + b"\x12" + as_varint(len(raw)) + raw


def _unpaired(field: _Field, raw: bytes) -> tuple[str, Any]:
    name, value = "", field.read(b"")
    for number, wire_type, part in items(raw):
        if wire_type != BYTES:
            raise ValueError(f"wire type {wire_type} in a map")
        if number == 1:
            name = part.decode()
        elif number == 2:
            value = field.read(part)
    return name, value


@functools.cache
def _fields(kind: type[Struct]) -> dict[int, _Field]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.number: field for field in (_field(name, hint) for name, hint in hints.items())}


def _field(name: str, hint: Any) -> _Field:
    declared, number = get_args(hint)
    repeated, mapped = get_origin(declared) is tuple, get_origin(declared) is dict
    element = get_args(declared)[1 if mapped else 0] if repeated or mapped else declared
    wire_type, read, write = _coding(element)
    return _Field(
        name=name,
        number=number,
        wire_type=BYTES if mapped else wire_type,
        repeated=repeated,
        mapped=mapped,
        read=read,
        write=write,
    )


def _coding(element: Any) -> tuple[int, Callable[[Any], Any], Callable[[Any], bytes]]:
    if isinstance(element, types.UnionType):
        (element,) = (part for part in get_args(element) if part is not types.NoneType)
    if element is str:
        return BYTES, bytes.decode, str.encode
    if element is bytes:
        return BYTES, bytes, bytes
    if element is bool:
        return VARINT, bool, as_varint
    if element is int:
        return VARINT, _signed, as_varint
    if issubclass(element, IntEnum):
        return VARINT, element, as_varint
    return BYTES, functools.partial(decode, element), encode


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
