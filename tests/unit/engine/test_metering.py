"""How far a stream is, told now and then."""

from collections.abc import AsyncGenerator

from tests.fakes.host import FakeClock

from wherry.engine.concurrency.progress import metered

SECOND = 1_000_000_000


async def test_progress_is_told_although_the_clock_is_set_back() -> None:
    clock = FakeClock()
    told: list[int] = []

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"first"
        clock.time -= 3600 * SECOND
        yield b"second"
        clock.time += SECOND
        yield b"third"

    async for _ in metered(chunks(), clock, told.append):
        pass

    assert told == [5, 11, 16, 16]
