"""Logs in the journal, told by a journalctl of our own: it says what is in ``entries``, and notes what it is asked."""

import asyncio
import json
from pathlib import Path

import pytest

from wherry.model.log import LogLine, LogRange
from wherry.store.logs.journal import Journal

SCRIPT = """#!/bin/sh
echo "$*" >> "{folder}/asked"
case "$*" in
  *--sync*) ;;
  *--follow*) cat "{folder}/entries"; exec sleep 60 ;;
  *--after-cursor*) cat "{folder}/later" ;;
  *) cat "{folder}/entries" ;;
esac
"""
LOG = Path("/containers/abc/abc.log")


def entry(number: int, message: object, priority: str = "6") -> str:
    fields = {"__REALTIME_TIMESTAMP": f"{number}000000", "__CURSOR": f"c{number}", "MESSAGE": message}
    return json.dumps({**fields, "PRIORITY": priority, "CONTAINER_NAME": "box"}) + "\n"


def line(number: int, data: bytes, stream: int = 1) -> LogLine:
    return LogLine(stream, f"1970-01-01T00:00:{number:02}.000000000Z", data)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is told and asked."""
    program = tmp_path / "journalctl"
    program.write_text(SCRIPT.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


async def read(which: LogRange) -> list[LogLine]:
    return [line async for lines in Journal().lines(LOG, which) for line in lines]


async def test_lines_of_both_streams_and_bytes_that_are_no_text(journal: Path) -> None:
    told = entry(1, "one\n") + entry(2, "two\n", "3") + entry(3, [255, 10]) + entry(4, "no end") + entry(5, None)
    (journal / "entries").write_text(told)

    assert await read(LogRange()) == [
        line(1, b"one\n"),
        line(2, b"two\n", 2),
        line(3, b"\xff\n"),
        line(4, b"no end"),
        line(5, b""),
    ]
    assert await read(LogRange(stdout=False)) == [line(2, b"two\n", 2)]
    framed = b"".join([data async for data in Journal().frames(LOG, LogRange(stderr=False), joined=False)])
    assert framed.startswith(b"\x01\0\0\0\0\0\0\x04one\n")


async def test_the_range_is_for_journalctl(journal: Path) -> None:
    (journal / "entries").touch()

    await read(LogRange(tail=3, since=5_000_000_000, until=6_500_000_000))

    asked = (journal / "asked").read_text().splitlines()[-1].split()
    assert {"--lines=3", "--since=@5.000000", "--until=@6.500000", "CONTAINER_ID_FULL=abc"} <= set(asked)


async def test_following_ends_with_what_came_last(journal: Path) -> None:
    (journal / "entries").write_text(entry(1, "one\n"))
    (journal / "later").write_text(entry(2, "two\n"))
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    told = []

    async with asyncio.timeout(20):
        async for lines in Journal().follow(LOG, LogRange(), ended):
            told += lines
            if not ended.done():
                ended.set_result(None)

    assert told == [line(1, b"one\n"), line(2, b"two\n")]
    assert "--after-cursor=c1 CONTAINER_ID_FULL=abc" in (journal / "asked").read_text()
