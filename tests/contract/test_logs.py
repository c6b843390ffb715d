"""Logs: what the fake and the reader of log files promise."""

import asyncio
import struct
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.fakes.store import FakeLogs
from wherry.engine.ports import Logs
from wherry.model.log import LogLine, LogRange
from wherry.store.logs import Logs as StoredLogs
from wherry.threads import Threads

ALL = LogRange()
SECOND = 10**9


def line(second: int, text: str, stream: int = 1) -> LogLine:
    return LogLine(stream, f"1970-01-01T00:00:{second:02}.000000000Z", text.encode())


LINES = [line(1, "one\n"), line(2, "two\n", 2), line(3, "three\n"), line(4, "\n", 2)]


class World:
    """Logs, and a monitor that writes one."""

    def __init__(self, port: Logs, path: Path) -> None:
        self.port = port
        self.path = path

    def write(self, *lines: LogLine) -> None:
        if isinstance(self.port, FakeLogs):
            self.port.write(self.path, *lines)
            return
        with self.path.open("ab") as file:
            for line in lines:
                kind = {1: "stdout F", 2: "stderr F"}[line.stream]
                file.write(f"{line.time.removesuffix('Z')}+00:00 {kind} ".encode() + line.data)

    async def lines(self, which: LogRange = ALL) -> list[LogLine]:
        return [line async for batch in self.port.lines(self.path, which) for line in batch]

    async def frames(self, which: LogRange = ALL, *, joined: bool = False) -> dict[int, bytes]:
        """What each stream got."""
        data = b"".join([part async for part in self.port.frames(self.path, which, joined=joined)])
        streams = {1: b"", 2: b""}
        while data:
            stream, length = struct.unpack_from(">BxxxI", data)
            streams[stream] += data[8 : 8 + length]
            data = data[8 + length :]
        return streams


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest, tmp_path: Path, threads: Threads) -> World:
    return World(FakeLogs() if request.param == "fake" else StoredLogs(threads), tmp_path / "c.log")


def texts(lines: Iterable[LogLine]) -> list[str]:
    return [line.data.decode().strip() for line in lines]


async def test_lines_come_with_their_streams_and_times(world: World) -> None:
    world.write(*LINES)
    assert await world.lines() == LINES


async def test_frames_carry_the_same_bytes(world: World) -> None:
    world.write(*LINES)
    assert await world.frames() == {1: b"one\nthree\n", 2: b"two\n\n"}
    assert await world.frames(joined=True) == {1: b"one\nthree\n", 2: b"two\n\n"}


async def test_a_log_that_is_not_there_has_no_lines(world: World) -> None:
    assert await world.lines() == []
    assert await world.frames() == {1: b"", 2: b""}


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (LogRange(stderr=False), ["one", "three"]),
        (LogRange(stdout=False), ["two", ""]),
        (LogRange(since=3 * SECOND), ["three", ""]),
        (LogRange(since=2 * SECOND + 1), ["three", ""]),
        (LogRange(until=2 * SECOND), ["one", "two"]),
        (LogRange(until=3 * SECOND - 1), ["one", "two"]),
        (LogRange(since=2 * SECOND, until=3 * SECOND), ["two", "three"]),
        (LogRange(tail=0), []),
        (LogRange(tail=1), [""]),
        (LogRange(tail=3), ["two", "three", ""]),
        (LogRange(tail=99), ["one", "two", "three", ""]),
        (LogRange(tail=2, stderr=False), ["three"]),
        (LogRange(tail=2, until=3 * SECOND), ["three"]),
        (LogRange(tail=3, since=3 * SECOND), ["three", ""]),
    ],
)
async def test_a_range_chooses_lines(world: World, which: LogRange, expected: list[str]) -> None:
    world.write(*LINES)
    assert texts(await world.lines(which)) == expected
    chosen = [line for line in LINES if line.data.decode().strip() in expected]
    assert await world.frames(which) == {
        stream: b"".join(line.data for line in chosen if line.stream == stream) for stream in (1, 2)
    }


class Follower:
    """A client of ``follow``."""

    def __init__(self, world: World, which: LogRange = ALL) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seen: list[LogLine] = []
        self._news = asyncio.Event()
        self._world = world
        self.task = asyncio.create_task(self._run(which))

    async def _run(self, which: LogRange) -> None:
        async for lines in self._world.port.follow(self._world.path, which, self.ended):
            self.seen += lines
            self._news.set()

    async def sees(self, *expected: str) -> None:
        async with asyncio.timeout(5):
            while texts(self.seen) != list(expected):
                self._news.clear()
                await self._news.wait()

    async def end(self) -> list[str]:
        self.ended.set_result(None)
        await asyncio.wait_for(self.task, 5)
        return texts(self.seen)


async def test_who_follows_sees_old_and_new_lines_until_the_end(world: World) -> None:
    world.write(*LINES[:1])
    follower = Follower(world)
    await follower.sees("one")

    world.write(*LINES[1:2])
    await follower.sees("one", "two")

    world.write(*LINES[2:])
    assert await follower.end() == ["one", "two", "three", ""]


async def test_following_begins_before_there_is_a_log(world: World) -> None:
    follower = Follower(world)
    await asyncio.sleep(0)
    world.write(*LINES[:1])
    await follower.sees("one")
    assert await follower.end() == ["one"]


async def test_following_a_log_that_has_ended_gives_it_whole(world: World) -> None:
    world.write(*LINES)
    follower = Follower(world)
    assert await follower.end() == ["one", "two", "three", ""]


async def test_following_the_last_lines_goes_on_with_all_new_ones(world: World) -> None:
    world.write(*LINES[:2])
    follower = Follower(world, LogRange(tail=1))
    await follower.sees("two")
    world.write(*LINES[2:3])
    await follower.sees("two", "three")
    await follower.end()


async def test_following_one_stream(world: World) -> None:
    follower = Follower(world, LogRange(stdout=False))
    world.write(*LINES)
    assert await follower.end() == ["two", ""]


async def test_two_follow_the_same_log(world: World) -> None:
    first, second = Follower(world), Follower(world)
    world.write(*LINES[:1])
    await first.sees("one")
    await second.sees("one")
    assert await first.end() == ["one"]
    world.write(*LINES[1:2])
    await second.sees("one", "two")
    await second.end()


async def test_a_follower_who_leaves_does_not_cancel_the_end(world: World) -> None:
    follower = Follower(world)
    world.write(*LINES[:1])
    await follower.sees("one")

    follower.task.cancel()
    await asyncio.wait([follower.task])

    assert not follower.ended.done()


async def test_a_log_that_has_outgrown_is_put_aside_and_begun_again(world: World) -> None:
    world.write(LINES[0])
    outgrown = asyncio.create_task(world.port.outgrown(world.path, 200))
    await asyncio.sleep(0)
    assert not outgrown.done()

    world.write(*[LINES[0]] * 100)
    await asyncio.wait_for(outgrown, 5)
    await world.port.rotate(world.path, 1)

    async def monitor() -> None:
        world.write(LINES[2])

    await asyncio.wait_for(world.port.begun(world.path, monitor), 5)
    assert texts(await world.lines(LogRange(tail=1))) == ["three"]


async def taken(world: World, count: int, ended: asyncio.Future[None]) -> list[LogLine]:
    """The next lines that were not forwarded, at least so many of them."""
    found: list[LogLine] = []
    async with aclosing(world.port.unforwarded(world.path, ended)) as batches:
        async for lines in batches:
            found += lines
            if len(found) >= count and not ended.done():
                break
    return found


async def test_lines_are_forwarded_as_they_are_written_to_the_end(world: World) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    forwarding = asyncio.create_task(taken(world, 5, ended))
    world.write(*LINES[:2])
    await asyncio.sleep(0)
    world.write(*LINES[2:])
    ended.set_result(None)

    assert await forwarding == LINES
    assert await taken(world, 1, ended) == []


async def test_lines_that_were_given_last_are_given_again_unless_more_were_asked_for(world: World) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    world.write(*LINES[:1])

    assert await taken(world, 1, ended) == LINES[:1]
    world.write(*LINES[1:])
    assert await taken(world, 4, ended) == LINES
