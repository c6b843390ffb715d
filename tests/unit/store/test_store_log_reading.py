"""Reading a log file that grows, is replaced, or is long."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.model.log import LogLine, LogRange
from wherry.store.logs import reading
from wherry.store.logs.selection import LogReader


def record(text: str, stream: str = "stdout", kind: str = "F") -> bytes:
    return f"2026-11-24T08:06:02.898285627+00:00 {stream} {kind} {text}\n".encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.log"


def drain(reader: LogReader) -> list[str]:
    found: list[LogLine] = []
    while lines := reader.lines():
        found += lines
    return [line.data.decode().removesuffix("\n") for line in found]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def tail(path: Path, count: int) -> list[str]:
    reader = LogReader(path, LogRange(tail=count))
    lines = drain(reader) + [line.data.decode() for line in reader.rest()]
    reader.close()
    return lines


def test_half_a_record_waits_for_its_end(path: Path) -> None:
    whole = record("two")
    append(path, record("one") + whole[:20])
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["one"]
    append(path, whole[20:-1])
    assert drain(reader) == []
    append(path, whole[-1:])
    assert drain(reader) == ["two"]
    reader.close()


def test_a_log_ends_where_it_ended_when_it_was_asked_for(path: Path) -> None:
    append(path, record("one"))
    reader = LogReader(path, LogRange())
    append(path, record("two"))
    assert drain(reader) == ["one"]
    reader.close()


def test_a_replaced_log_is_read_to_its_end_and_then_the_new_one(path: Path) -> None:
    append(path, record("one"))
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["one"]

    append(path, record("two") + record("be", kind="P"))
    append(path.with_suffix(".tmp"), record("gun") + record("three"))
    os.rename(path.with_suffix(".tmp"), path)

    assert drain(reader) == ["two", "begun", "three"]
    append(path, record("four"))
    assert drain(reader) == ["four"]
    reader.close()


def test_an_emptied_log_is_read_from_its_beginning(path: Path) -> None:
    append(path, record("one") + record("two"))
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["one", "two"]

    path.write_bytes(b"")
    append(path, record("three"))

    assert drain(reader) == ["three"]
    reader.close()


def test_a_log_that_is_made_later_is_read(path: Path) -> None:
    reader = LogReader(path, LogRange(tail=5), follow=True)
    assert drain(reader) == []
    append(path, record("one"))
    assert drain(reader) == ["one"]
    reader.close()


def test_zeros_of_a_power_failure_are_passed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 1000)
    append(path, record("one") + bytes(10_000) + b"\n" + record("two"))
    reader = LogReader(path, LogRange())
    assert drain(reader) == ["one", "two"]
    reader.close()


@pytest.mark.parametrize(
    ("written", "count", "expected"),
    [
        ([record("a"), record("b")], 1, ["b"]),
        ([record("a"), record("no end", kind="P")], 1, ["no end"]),
        ([record("a"), record("be", kind="P"), record("gun")], 1, ["begun"]),
        ([record("be", kind="P"), record("x", "stderr"), record("gun")], 1, ["begun"]),
        ([record("a"), record("be", kind="P"), record("x", "stderr"), record("gun")], 2, ["x", "begun"]),
        ([record("a"), record("half")[:-3]], 1, ["a"]),
        ([record("a"), b"\0\0\0\n"], 1, ["a"]),
        ([b"\0\0\0\n"], 1, []),
        ([record("a")[:20]], 3, []),
        ([record("a")], 0, []),
    ],
)
def test_the_last_lines_are_whole(path: Path, written: list[bytes], count: int, expected: list[str]) -> None:
    append(path, b"".join(written))
    assert tail(path, count) == expected


@given(
    lengths=st.lists(st.integers(0, 60), max_size=30),
    count=st.integers(0, 35),
    chunk=st.integers(120, 400),
    half=st.booleans(),
)
def test_the_last_lines_are_those_of_the_whole_log(
    path: Path, monkeypatch: pytest.MonkeyPatch, lengths: list[int], count: int, chunk: int, half: bool
) -> None:
    monkeypatch.setattr(reading, "CHUNK", chunk)
    texts = [f"{number}:" + "x" * length for number, length in enumerate(lengths)]
    path.write_bytes(b"".join(map(record, texts)) + (record("half")[:-1] if half else b""))
    assert tail(path, count) == texts[len(texts) - min(count, len(texts)) :]


def test_the_last_lines_of_a_long_log_are_found_without_reading_it(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: reading it would take minutes
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + b"".join(record(f"{number}" * 100) for number in range(3000)))
    assert tail(path, 2) == ["2998" * 100, "2999" * 100]


def test_a_time_in_the_past_ends_the_reading(path: Path) -> None:
    append(path, record("one"))
    reader = LogReader(path, LogRange(until=1), follow=True)
    assert drain(reader) == []
    assert reader.over
    reader.close()
