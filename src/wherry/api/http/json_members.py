"""Members of JSON in another case than asked for: Go's ``encoding/json`` takes "image" for "Image", and so does
dockerd."""

from __future__ import annotations  # what they name is loaded when the first document comes

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw, Struct, inspect

_MEMBER = re.compile(rb'"(\w+)"\s*:')


class _Names(Struct, frozen=True):
    """Of the members that a type of document may have, at any depth: as they are, and in small letters."""

    exact: frozenset[bytes]
    small: frozenset[bytes]


def exact(body: bytes, kind: Any) -> bytes:
    """The document with the names that ``kind`` has. Raises what msgspec does of no JSON."""
    names = _names(kind)
    found = set(_MEMBER.findall(body)) - names.exact
    if not any(name.lower() in names.small for name in found):
        return body
    return bytes(_renamed(Raw(body), inspect.type_info(kind)))


@cache
def _names(kind: Any) -> _Names:
    found = frozenset(name.encode() for struct in _structs(inspect.type_info(kind), set()) for name in _members(struct))
    return _Names(found, frozenset(name.lower() for name in found))


def _structs(kind: inspect.Type, seen: set[type]) -> Iterator[inspect.StructType]:
    match kind:
        case inspect.StructType() if kind.cls not in seen:
            seen.add(kind.cls)
            yield kind
            for field in kind.fields:
                yield from _structs(field.type, seen)
        case inspect.UnionType():
            for one in kind.types:
                yield from _structs(one, seen)
        case inspect.DictType():
            yield from _structs(kind.value_type, seen)
        case inspect.ListType() | inspect.VarTupleType():
            yield from _structs(kind.item_type, seen)


def _members(struct: inspect.StructType) -> dict[str, inspect.Type]:
    return {field.encode_name: field.type for field in struct.fields}


def _renamed(value: Raw, kind: inspect.Type) -> Raw:
    """The last of two members of one name counts, as it does with Go. All else is as it was written."""
    begins = bytes(value).lstrip()[:1]
    match kind:
        case inspect.UnionType():
            for one in kind.types:
                value = _renamed(value, one)
            return value
        case inspect.StructType() if begins == b"{":
            members = _members(kind)
            known = {name.lower(): name for name in members} | {name: name for name in members}
            named = {known.get(name, known.get(name.lower(), name)): each for name, each in _object(value).items()}
            return _written({
                name: _renamed(each, members[name]) if name in members else each for name, each in named.items()
            })  # fmt: skip
        case inspect.DictType() if begins == b"{":
            return _written({name: _renamed(each, kind.value_type) for name, each in _object(value).items()})
        case inspect.ListType() | inspect.VarTupleType() if begins == b"[":
            return _written([_renamed(each, kind.item_type) for each in msgspec.json.decode(value, type=list[Raw])])
        case _:
            return value


def _object(value: Raw) -> dict[str, Raw]:
    return msgspec.json.decode(value, type=dict[str, Raw])


def _written(value: dict[str, Raw] | list[Raw]) -> Raw:
    return Raw(msgspec.json.encode(value))
