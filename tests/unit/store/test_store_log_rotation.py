"""Logs of several files: put aside, packed, and read as one."""

import os
from pathlib import Path

import pytest

from wherry.model.log import LogRange
from wherry.store.logs import chain
from wherry.store.logs.forwarding import UnforwardedReader
from wherry.store.logs.rotation import pack, rotate, rotated
from wherry.store.logs.selection import LogReader

KEPT = 3


def record(text: str) -> bytes:
    return f"2026-11-24T08:06:02.898285627+00:00 stdout F {text}\n".encode()


def append(path: Path, *texts: str) -> None:
    with path.open("ab") as file:
        file.write(b"".join(map(record, texts)))


def drain(reader: LogReader) -> list[str]:
    found = []
    while lines := reader.lines():
        found += [line.data.decode().removesuffix("\n") for line in lines]
    return found


def read(path: Path, tail: int | None = None) -> list[str]:
    reader = LogReader(path, LogRange(tail=tail))
    lines = drain(reader)
    reader.close()
    return lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.log"


@pytest.fixture
def four_files(path: Path) -> Path:
    for texts in (("a", "b"), ("c", "d"), ("e", "f")):
        append(path, *texts)
        rotate(path, KEPT)
    append(path, "g", "h")
    return path


def test_files_are_numbered_as_they_come_and_the_oldest_go(four_files: Path) -> None:
    assert list(rotated(four_files)) == [1, 2, 3]

    rotate(four_files, KEPT)

    assert sorted(os.listdir(four_files.parent)) == ["c.log.2", "c.log.3", "c.log.4"]


def test_a_rotation_while_a_follower_looks_for_the_next_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, "a")
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["a"]
    rotate(path, KEPT)
    append(path, "b")

    def rotated_meanwhile(log: Path) -> dict[int, Path]:
        found = rotated(log)
        if len(found) == 1:
            rotate(log, KEPT)
            append(log, "c")
        return found

    monkeypatch.setattr(chain, "rotated", rotated_meanwhile)
    assert drain(reader) == ["b", "c"]
    reader.close()


@pytest.mark.parametrize("packed", [False, True])
def test_all_files_are_read_as_one(four_files: Path, packed: bool) -> None:
    if packed:
        pack(four_files)
        assert {file.suffix for file in rotated(four_files).values()} == {".gz"}

    assert read(four_files) == list("abcdefgh")
    assert [read(four_files, tail) for tail in (0, 1, 2, 3, 5, 8, 99)] == [
        *([], ["h"], ["g", "h"], ["f", "g", "h"]),
        *(list("defgh"), list("abcdefgh"), list("abcdefgh")),
    ]


def test_what_a_crash_left_of_packing_is_passed_over(four_files: Path) -> None:
    pack(four_files)
    plain = four_files.with_name("c.log.2")
    append(plain, "c", "d")
    four_files.with_name("c.log.3.gz.tmp").write_bytes(b"half")

    assert read(four_files) == list("abcdefgh")
    pack(four_files)
    assert not plain.exists()
    assert read(four_files) == list("abcdefgh")


def test_a_log_whose_newest_file_is_not_begun_yet(path: Path) -> None:
    append(path, "a")
    rotate(path, KEPT)

    assert read(path) == ["a"]
    assert read(path, tail=1) == ["a"]


def test_following_goes_through_every_file(path: Path) -> None:
    append(path, "a")
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["a"]

    append(path, "b")
    rotate(path, KEPT)
    append(path.with_name("c.log.1"), "late")
    assert drain(reader) == ["b", "late"]
    append(path, "c")
    rotate(path, KEPT)
    append(path, "d")
    rotate(path, KEPT)
    pack(path)
    append(path, "e")

    assert drain(reader) == ["c", "d", "e"]
    reader.close()


def test_following_what_goes_too_fast_goes_on_with_the_oldest_that_is_left(path: Path) -> None:
    append(path, "a")
    reader = LogReader(path, LogRange(), follow=True)
    assert drain(reader) == ["a"]

    for text in ("b", "c", "d", "e", "f"):
        append(path, text)
        rotate(path, 2)
    append(path, "g")

    assert drain(reader) == ["b", "e", "f", "g"]
    reader.close()


def taken(path: Path) -> list[str]:
    """What was not forwarded yet, and is now."""
    reader = UnforwardedReader(path)
    found = []
    while lines := reader.lines():
        found += [line.data.decode().removesuffix("\n") for line in lines]
    reader.close()
    return found


def test_forwarding_goes_on_in_the_files_that_were_put_aside(path: Path) -> None:
    append(path, "1")
    assert taken(path) == ["1"]

    append(path, "2")
    rotate(path, KEPT)
    append(path, "3")
    pack(path)

    assert taken(path) == ["2", "3"]
    assert taken(path) == []


def test_forwarding_begins_with_what_is_kept_where_its_place_is_gone(path: Path) -> None:
    append(path, "1")
    assert taken(path) == ["1"]

    for text in ("2", "3", "4"):
        rotate(path, 1)
        append(path, text)

    assert taken(path) == ["3", "4"]


def test_a_note_that_was_spoiled_loses_no_line(path: Path) -> None:
    append(path, "1")
    taken(path)

    path.with_name(f"{path.name}.forwarded").write_bytes(bytes(32))

    assert taken(path) == ["1"]
