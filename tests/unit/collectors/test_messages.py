"""Messages to collectors, as dockerd 26.1.5 sends them."""

import json
import os
import time
import zlib
from collections.abc import Iterator
from unittest.mock import ANY

import msgspec
import pytest

from wherry.collectors.encoding import HOSTNAME
from wherry.collectors.entries import EntryEncoder
from wherry.collectors.fluentd import FluentdEncoder
from wherry.collectors.gelf import GelfEncoder
from wherry.collectors.syslog import SyslogEncoder
from wherry.model.collector import Fluentd, Gelf, Syslog
from wherry.model.log import LogLine
from wherry.protowire import BYTES, items

PID = os.getpid()
TIME = 1_794_013_577_123_456_789  # of each line


def line(data: bytes, stream: int = 1) -> LogLine:
    return LogLine(stream, "2026-11-07T01:06:17.123456789Z", data)


@pytest.fixture(params=["UTC0", "EST+5"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """That of the host."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", {"UTC0": "Nov  7 01:06:17 me[{pid}]: ", "EST+5": "Nov  6 20:06:17 me[{pid}]: "}),
        ("rfc3164", {"UTC0": "Nov  7 01:06:17 {host} me[{pid}]: ", "EST+5": "Nov  6 20:06:17 {host} me[{pid}]: "}),
        (
            "rfc5424",
            {
                "UTC0": "1 2026-11-07T01:06:17Z {host} me {pid} me - ",
                "EST+5": "1 2026-11-06T20:06:17-05:00 {host} me {pid} me - ",
            },
        ),
        (
            "rfc5424micro",
            {
                "UTC0": "1 2026-11-07T01:06:17.123456Z {host} me {pid} me - ",
                "EST+5": "1 2026-11-06T20:06:17.123456-05:00 {host} me {pid} me - ",
            },
        ),
    ],
)
def test_syslog(zone: str, form: str, expected: dict[str, str]) -> None:
    encoder = SyslogEncoder(Syslog(facility=3, tag="me", format=form))

    messages = encoder.messages([line(b"a\xff\n"), line(b"\n"), line(b"half", 2)])

    head = expected[zone].format(host=HOSTNAME, pid=PID).encode()
    assert messages == [b"<30>" + head + b"a\xff\n", b"<27>" + head + b"half\n"]


def test_syslog_counts_its_bytes_where_it_has_to() -> None:
    encoder = SyslogEncoder(Syslog(facility=3, tag="me", format="rfc5424", counted=True))

    (message,) = encoder.messages([line(b"a\n")])

    length, _, rest = message.partition(b" ")
    assert int(length) == len(rest)


@pytest.mark.parametrize(("compression", "window"), [("gzip", 31), ("zlib", 15), ("none", 0)])
def test_gelf(compression: str, window: int) -> None:
    encoder = GelfEncoder(Gelf(fields={"_tag": "me"}, compression=compression), is_stream=False)

    (message,) = encoder.messages([line(b"\n"), line(b"a\xff\n", 2)])

    assert json.loads(zlib.decompress(message, window) if window else message) == {
        "version": "1.1",
        "host": HOSTNAME,
        "short_message": "a\ufffd",
        "timestamp": 1794013577.123,
        "level": 3,
        "_tag": "me",
    }


def test_gelf_ends_messages_of_a_stream_with_a_zero() -> None:
    (message,) = GelfEncoder(Gelf(fields={}), is_stream=True).messages([line(b"a\n")])

    assert json.loads(message.removesuffix(b"\0"))["short_message"] == "a"
    assert message.endswith(b"}\0")


def test_gelf_leaves_out_what_no_number_of_chunks_can_hold() -> None:
    encoder = GelfEncoder(Gelf(fields={"_much": "x" * 200_000}, compression="none"), is_stream=False)

    assert encoder.messages([line(b"a\n")]) == []


FIELDS = {"container_id": "c"}


def test_fluentd() -> None:
    encoder = FluentdEncoder(Fluentd(tag="me", fields=FIELDS))

    messages = [msgspec.msgpack.decode(message) for message in encoder.messages([line(b"a\n"), line(b"\n", 2)])]

    assert messages == [
        ["me", 1794013577, {"container_id": "c", "source": "stdout", "log": "a"}, {}],
        ["me", 1794013577, {"container_id": "c", "source": "stderr", "log": ""}, {}],
    ]
    assert encoder.answer == b""


@pytest.mark.parametrize("length", [0, 31, 32, 255, 256, 16384])
def test_fluentd_gets_the_bytes_that_were_said(length: int) -> None:
    data = b"\xff" * length

    (message,) = FluentdEncoder(Fluentd(tag="me", fields=FIELDS)).messages([line(data + b"\n")])

    key = b"\xa3log"
    start = message.index(key) + len(key)
    head = {0: b"\xa0", 31: b"\xbf", 32: b"\xd9\x20", 255: b"\xd9\xff", 256: b"\xda\x01\x00", 16384: b"\xda\x40\x00"}
    assert message[start:] == head[length] + data + b"\x80"


def test_fluentd_is_told_of_nanoseconds_and_asked_for_an_answer() -> None:
    encoder = FluentdEncoder(Fluentd(tag="me", fields=FIELDS, precise=True, acknowledged=True))

    first, last = (msgspec.msgpack.decode(message) for message in encoder.messages([line(b"a\n"), line(b"b\n")]))

    assert first[1] == msgspec.msgpack.Ext(0, (1794013577).to_bytes(4) + (123456789).to_bytes(4))
    assert first[3] == {}
    assert msgspec.msgpack.decode(encoder.answer) == {"ack": last[3]["chunk"]}


def test_fluentd_is_told_which_pieces_are_of_one_line() -> None:
    encoder = FluentdEncoder(Fluentd(tag="me", fields=FIELDS))

    told = [
        msgspec.msgpack.decode(message)[2]
        for message in encoder.messages([line(b"a"), line(b"b", 2), line(b"c\n"), line(b"d\n")])
    ]

    pieces = [(one.get("partial_ordinal"), one.get("partial_last")) for one in told]
    assert pieces == [("1", "false"), ("1", "false"), ("2", "true"), (None, None)]
    assert told[0]["partial_id"] == told[2]["partial_id"] != told[1]["partial_id"]
    assert told[0]["partial_message"] == "true"


def entries(encoder: EntryEncoder, *lines: LogLine) -> list[dict[int, object]]:
    """Fields by their number, a piece's as a dictionary as well."""
    found = []
    for message in encoder.messages(lines):
        assert int.from_bytes(message[:4]) == len(message) - 4
        fields = {number: bytes(value) if kind == BYTES else value for number, kind, value in items(message[4:])}
        if 5 in fields:
            fields[5] = {number: bytes(value) if kind == BYTES else value for number, kind, value in items(fields[5])}
        found.append(fields)
    return found


def test_a_plugin_gets_entries() -> None:
    encoder = EntryEncoder("container")

    assert entries(encoder, line(b"a\n"), line(b"\xff", 2)) == [
        {1: b"stdout", 2: TIME, 3: b"a"},
        {1: b"stderr", 2: TIME, 3: b"\xff", 4: 1, 5: {2: ANY, 3: 1}},
    ]


def test_pieces_of_a_line_belong_together() -> None:
    encoder = EntryEncoder("container")

    first, other, last, next_line = entries(encoder, line(b"a"), line(b"x\n", 2), line(b"b\n"), line(b"c\n"))

    assert [piece.get(4) for piece in (first, other, last, next_line)] == [1, None, 1, None]
    assert first[5] == {2: ANY, 3: 1}
    assert last[5] == {1: 1, 2: first[5][2], 3: 2}  # type: ignore[index]
