from enum import IntEnum
from typing import Annotated

import pytest
from msgspec import Struct

from wherry.buildkit.protobuf import decode, encode
from wherry.errors import InvalidArgument


class Colour(IntEnum):
    RED = 0
    GREEN = 1


class Inner(Struct, frozen=True):
    text: Annotated[str, 1] = ""


class Outer(Struct, frozen=True, kw_only=True):
    number: Annotated[int, 1] = 0
    flag: Annotated[bool, 2] = False
    raw: Annotated[bytes, 3] = b""
    inner: Annotated[Inner | None, 4] = None
    many: Annotated[tuple[Inner, ...], 5] = ()
    numbers: Annotated[tuple[int, ...], 6] = ()
    table: Annotated[dict[str, str], 7] = {}
    colour: Annotated[Colour, 16] = Colour.RED


FULL = Outer(
    number=-2,
    flag=True,
    raw=b"\x00\xff",
    inner=Inner(),
    many=(Inner("é"), Inner()),
    numbers=(1, 300, -1),
    table={"key": "value"},
    colour=Colour.GREEN,
)


def test_what_was_written_is_read() -> None:
    assert decode(Outer, encode(FULL)) == FULL


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (Outer(number=150), "089601"),  # the examples of the encoding's description
        (Inner("testing"), "0a0774657374696e67"),
        (Outer(inner=Inner()), "2200"),
        (Outer(numbers=(3, 270)), "3203038e02"),
        (Outer(), ""),
    ],
)
def test_the_bytes_are_those_of_the_specification(message: Struct, data: str) -> None:
    assert encode(message) == bytes.fromhex(data)


def test_unknown_fields_are_skipped_and_numbers_may_come_one_by_one() -> None:
    assert decode(Outer, bytes.fromhex("3003" + "30 05" + "f80701" + "fd0701020304")) == Outer(numbers=(3, 5))


@pytest.mark.parametrize(
    "data",
    ["08", "0affff", "0a05", "0a02ff", "0b", "80" * 11, "800102", "18ffffffff0f", "2005", "3a021005", "3a020805"],
    ids=lambda data: str(data),
)
def test_what_is_no_message_is_refused(data: str) -> None:
    with pytest.raises(InvalidArgument, match="malformed"):
        decode(Outer, bytes.fromhex(data + "2a02c328"))
