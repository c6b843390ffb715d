"""DNS messages, good ones and hostile ones."""

import random
import struct

import pytest

from wherry.plan.names.message import (
    Code,
    Kind,
    Query,
    address_data,
    answer,
    is_answer_to,
    name_data,
    read,
    settles,
)

LIMIT = 512


def packet(
    name: str = "web", kind: int = Kind.A, *, flags: int = 0x0100, counts: tuple[int, ...] = (1, 0, 0, 0)
) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    return struct.pack(">6H", 7, flags, *counts) + labels + b"\0" + struct.pack(">HH", kind, 1)


def with_edns(size: int) -> bytes:
    return packet(counts=(1, 0, 0, 1)) + b"\0" + struct.pack(">HHIH", 41, size, 0, 0)


def asked(data: bytes, *, streamed: bool = False) -> Query:
    query = read(data, streamed=streamed)
    assert query is not None
    return query


def test_a_question_is_read() -> None:
    query = asked(packet("WWW.Mine."))
    assert (query.id, query.name, query.kind, query.problem) == (7, "www.mine", Kind.A, Code.SUCCESS)
    assert query.recursion_desired
    assert not query.has_edns


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (packet(counts=(0, 0, 0, 0)), Code.MALFORMED),
        (packet(counts=(2, 0, 0, 0)), Code.MALFORMED),
        (packet(flags=0x2800), Code.NOT_IMPLEMENTED),
        (packet()[:-1], Code.MALFORMED),
        (packet()[:13], Code.MALFORMED),
        (packet()[:12] + b"\xc0\x0c\0\1\0\1", Code.MALFORMED),
        (packet(".".join(["a" * 60] * 5)), Code.MALFORMED),
        (packet()[:12] + b"\x40" + b"a" * 64 + b"\0\0\1\0\1", Code.MALFORMED),
    ],
)
def test_what_cannot_be_understood_is_told_so(data: bytes, problem: Code) -> None:
    query = asked(data)
    assert query.problem is problem
    assert answer(query, code=query.problem) == struct.pack(">6H", 7, 0x8080 | problem, 0, 0, 0, 0)


@pytest.mark.parametrize("data", [b"", b"x" * 11, packet(flags=0x8180)])
def test_what_is_no_query_gets_no_answer(data: bytes) -> None:
    assert read(data, streamed=False) is None


def test_whatever_comes_is_answered_or_not_but_never_fails() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        data = bytearray(with_edns(1232))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(2, len(data))] = chance.randrange(256)
        query = read(bytes(data[: chance.randrange(len(data) + 1)]), streamed=False)
        if query is not None:
            assert len(answer(query, (bytes(4),) * 99)) <= query.limit


def test_other_classes_are_nothing_that_is_known_here() -> None:
    assert asked(packet()[:-1] + b"\3").kind == 0


def test_an_answer_has_the_question_and_a_record_for_each_address() -> None:
    data = packet("Web")
    assert answer(asked(data), (address_data("10.0.0.2"), address_data("10.0.0.3"))) == (
        struct.pack(">6H", 7, 0x8180, 1, 2, 0, 0)
        + data[12:]
        + bytes.fromhex("c00c 0001 0001 00000258 0004 0a000002")
        + bytes.fromhex("c00c 0001 0001 00000258 0004 0a000003")
    )


def test_what_does_not_fit_is_cut_off_and_told_so() -> None:
    addresses = tuple(address_data(f"10.0.0.{number}") for number in range(100))

    cut = answer(asked(packet()), addresses)
    _id, flags, _questions, records, _authorities, _additional = struct.unpack_from(">6H", cut)
    assert len(cut) <= LIMIT
    assert flags & 0x0200
    assert records == 30

    for query in (asked(packet(), streamed=True), asked(with_edns(4096))):
        whole = answer(query, addresses)
        _id, flags, _questions, records, _authorities, _additional = struct.unpack_from(">6H", whole)
        assert not flags & 0x0200
        assert records == 100


@pytest.mark.parametrize(("size", "limit"), [(0, 512), (100, 512), (1232, 1232), (65535, 4096)])
def test_edns_says_how_long_an_answer_may_be(size: int, limit: int) -> None:
    query = asked(with_edns(size))
    assert (query.has_edns, query.limit) == (True, limit)
    assert answer(query).endswith(b"\0" + struct.pack(">HHIH", 41, 4096, 0, 0))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (packet("web", flags=0x8180), True),
        (packet("WEB", flags=0x8180), True),
        (packet("web", flags=0x0180), False),
        (packet("other", flags=0x8180), False),
        (packet("web", Kind.AAAA, flags=0x8180), False),
        (b"\0\x08" + packet("web", flags=0x8180)[2:], False),
        (packet("web", flags=0x8185, counts=(0, 0, 0, 0))[:12], True),
        (packet("web", flags=0x8180, counts=(0, 0, 0, 0))[:12], False),
        (b"short", False),
    ],
)
def test_which_answer_belongs_to_a_query(reply: bytes, expected: bool) -> None:
    assert is_answer_to(reply, asked(packet("web"))) is expected


@pytest.mark.parametrize(("code", "expected"), [(0, True), (3, True), (2, False), (5, False), (4, False)])
def test_whether_the_next_server_is_asked(code: int, expected: bool) -> None:
    assert settles(packet(flags=0x8180 | code)) is expected


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("web.mine", b"\3web\4mine\0"),
        ("a..b", None),
        ("x" * 64, None),
        (".".join(["x" * 60] * 5), None),
    ],
)
def test_names_as_data(name: str, data: bytes | None) -> None:
    assert name_data(name) == data


def test_ipv6_addresses_as_data() -> None:
    assert address_data("fd00::2") == bytes.fromhex("fd00") + bytes(13) + b"\2"
