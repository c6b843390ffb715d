"""What conmon writes, and the lines and frames that come of it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.model.log import LogLine
from wherry.store.logs.format import Assembler, bulk_frames, frames, time_text

NAMES = {1: "stdout", 2: "stderr"}


def record(text: bytes, stream: int = 1, *, whole: bool = True, second: int = 0, zone: str = "+00:00") -> bytes:
    head = f"2026-11-24T08:06:{second:02}.898285627{zone} {NAMES[stream]} {'F' if whole else 'P'} "
    return head.encode() + text + b"\n"


def assembled(*records: bytes) -> list[tuple[int, bytes]]:
    assembler = Assembler()
    lines = [line for part in records for line in assembler.feed(part)] + assembler.flush()
    return [(line.stream, line.data) for line in lines]


def unpacked(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        stream, length = struct.unpack_from(">BxxxI", data)
        found.append((stream, data[8 : 8 + length]))
        data = data[8 + length :]
    return found


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], []),
        ([record(b"plain")], [(1, b"plain\n")]),
        ([record(b"")], [(1, b"\n")]),
        ([record(b" \xff\x00 stdout F \r", 2)], [(2, b" \xff\x00 stdout F \r\n")]),
        ([record(b"one-", whole=False), record(b"two")], [(1, b"one-two\n")]),
        (
            [record(b"one-", whole=False), record(b"between", 2), record(b"two")],
            [(2, b"between\n"), (1, b"one-two\n")],
        ),
        ([record(b"no end", whole=False)], [(1, b"no end")]),
        ([record(b"a", whole=False), record(b"b", 2, whole=False, second=1)], [(1, b"a"), (2, b"b")]),
        ([record(b"b", 2, whole=False), record(b"a", whole=False, second=1)], [(2, b"b"), (1, b"a")]),
        ([record(b"a", whole=False), record(b"")], [(1, b"a\n")]),
    ],
)
def test_records_become_lines(records: list[bytes], expected: list[tuple[int, bytes]]) -> None:
    assert assembled(*records) == expected
    assert assembled(b"".join(records)) == expected


def test_a_long_line_is_cut_as_docker_cuts_it() -> None:
    pieces = [record(b"start-", whole=False)] + [record(b"x" * 8192, whole=False)] * 4 + [record(b"end")]
    assert assembled(*pieces) == [
        (1, b"start-" + b"x" * 16378),
        (1, b"x" * 16384),
        (1, b"xxxxxxend\n"),
    ]


@pytest.mark.parametrize(
    "damage",
    [
        b"\n",
        b"\x00" * 5000 + b"\n",
        b"2026-11-24T08:06:02.898285627+00:00 stdo\n",
        b"2026-11-24T08:06:02.898285627+00:00 stdout X text\n",
        b"2026-11-24T08:06:02.898285627+00:00 stdin F text\n",
    ],
)
def test_what_is_no_record_is_passed_over(damage: bytes) -> None:
    assert assembled(record(b"before") + damage + record(b"after")) == [(1, b"before\n"), (1, b"after\n")]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("+00:00", "2026-11-24T08:06:00.898285627Z"),
        ("+09:30", "2026-11-23T22:36:00.898285627Z"),
        ("-08:00", "2026-11-24T16:06:00.898285627Z"),
    ],
)
def test_times_are_told_in_utc_to_the_nanosecond(zone: str, expected: str) -> None:
    (line,) = Assembler().feed(record(b"x", zone=zone))
    assert line.time == expected


def test_a_joined_line_bears_the_time_of_its_end() -> None:
    (line,) = Assembler().feed(record(b"a", whole=False, second=1) + record(b"b", second=3))
    assert line == LogLine(1, "2026-11-24T08:06:03.898285627Z", b"ab\n")


def test_times_are_written_as_docker_writes_them() -> None:
    assert time_text(0) == "1970-01-01T00:00:00.000000000Z"
    assert time_text(1_764_000_000_000_000_001) == "2025-11-24T16:00:00.000000001Z"


def test_each_line_has_a_frame() -> None:
    data = frames([LogLine(1, "", b"a\n"), LogLine(1, "", b"b\n"), LogLine(2, "", b"c\n"), LogLine(1, "", b"d")])
    assert unpacked(data) == [(1, b"a\n"), (1, b"b\n"), (2, b"c\n"), (1, b"d")]


def test_neighbours_may_be_joined() -> None:
    data = frames(
        [LogLine(1, "", b"a\n"), LogLine(1, "", b"b\n"), LogLine(2, "", b"c\n"), LogLine(1, "", b"d")], joined=True
    )
    assert unpacked(data) == [(1, b"a\nb\n"), (2, b"c\n"), (1, b"d")]


def test_bulk_frames_leave_a_stream_out() -> None:
    records = record(b"a") + record(b"b", 2) + record(b"c")
    assert unpacked(bulk_frames(records, stdout=True, stderr=False) or b"") == [(1, b"a\n"), (1, b"c\n")]
    assert unpacked(bulk_frames(records, stdout=True, stderr=False, joined=True) or b"") == [(1, b"a\nc\n")]
    assert bulk_frames(records, stdout=False, stderr=False) == b""


def test_pieces_and_damage_are_not_for_bulk_frames() -> None:
    assert bulk_frames(record(b"a") + record(b"b", whole=False), stdout=True, stderr=True) is None
    assert bulk_frames(record(b"a") + b"\0\n", stdout=True, stderr=True) is None


texts = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))
whole_records = st.tuples(texts, st.sampled_from((1, 2)))
pieces = st.tuples(texts.filter(bool), st.sampled_from((1, 2)), st.booleans())


@given(st.lists(whole_records), st.booleans())
def test_bulk_frames_are_the_frames_of_the_lines(written: list[tuple[bytes, int]], joined: bool) -> None:
    records = b"".join(record(text, stream) for text, stream in written)
    expected = frames(Assembler().feed(records), joined=joined)
    assert bulk_frames(records, stdout=True, stderr=True, joined=joined) == expected


@given(st.lists(pieces))
def test_every_stream_gets_the_bytes_that_were_written(written: list[tuple[bytes, int, bool]]) -> None:
    lines = assembled(*(record(text, stream, whole=whole) for text, stream, whole in written))
    for wanted in (1, 2):
        assert b"".join(data for stream, data in lines if stream == wanted) == b"".join(
            text + b"\n" * whole for text, stream, whole in written if stream == wanted
        )


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (-(10**27), "1970-01-01T00:00:00.000000000Z"),
        (1_500_000_001, "1970-01-01T00:00:01.500000001Z"),
        (10**27, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_times_are_between_the_first_line_and_the_last(nanoseconds: int, text: str) -> None:
    assert time_text(nanoseconds) == text
