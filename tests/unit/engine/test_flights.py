"""Runs that are shared, and what is told of them."""

import asyncio
from contextlib import aclosing

import pytest

from wherry.engine.concurrency.flights import Flights
from wherry.engine.concurrency.operations import Operations, together
from wherry.engine.concurrency.progress import Report, listen, silent
from wherry.model.progress import Progress


def line(status: str, current: int = 0) -> Progress:
    return Progress(id="layer", status=status, current=current, total=100 if current else 0)


async def test_who_joins_late_is_told_how_far_it_is() -> None:
    flights, going = Flights(Operations()), asyncio.Event()

    async def work(report: Report) -> str:
        for progress in (Progress(status="Pulling"), line("Downloading", 1), line("Downloading", 2)):
            report(progress)
        await going.wait()
        report(line("Pull complete"))
        return "result"

    first: list[Progress] = []
    late: list[Progress] = []
    leader = asyncio.create_task(flights.join("key", work, first.append))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    follower = asyncio.create_task(flights.join("key", work, late.append))
    await asyncio.sleep(0)
    going.set()
    assert await leader == await follower == "result"
    assert late == [Progress(status="Pulling"), line("Downloading", 2), line("Pull complete")]
    assert len(first) == 4


async def test_a_failure_is_everybodys() -> None:
    flights = Flights(Operations())

    async def work(report: Report) -> None:
        await asyncio.sleep(0)
        raise ValueError("broken")

    results = await asyncio.gather(*(flights.join("key", work, silent) for _ in range(2)), return_exceptions=True)
    assert [str(result) for result in results] == ["broken", "broken"]


async def test_the_run_ends_with_the_last_who_waits_and_a_new_one_begins_afresh() -> None:
    flights, runs, cleaned = Flights(Operations()), 0, False

    async def work(report: Report) -> int:
        nonlocal runs, cleaned
        runs += 1
        if runs > 1:
            return runs
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned = True
        return 0

    waiting = [asyncio.create_task(flights.join("key", work, silent)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait((waiting[0],))
    assert not cleaned
    waiting[1].cancel()
    await asyncio.sleep(0)
    again = asyncio.create_task(flights.join("key", work, silent))
    assert await again == 2
    await asyncio.wait((waiting[1],))
    assert cleaned


async def test_a_slow_listener_gets_the_last_of_many() -> None:
    async def work(report: Report) -> None:
        for current in range(1, 1000):
            report(line("Downloading", current))
        report(line("Pull complete"))

    async with aclosing(listen(work)) as progress:
        assert [each async for each in progress] == [line("Downloading", 999), line("Pull complete")]


async def test_a_failure_comes_after_what_was_told_before() -> None:
    async def work(report: Report) -> None:
        report(line("Downloading", 1))
        raise ValueError("broken")

    seen = []
    with pytest.raises(ValueError, match="broken"):
        async with aclosing(listen(work)) as progress:
            async for each in progress:
                seen.append(each)
    assert seen == [line("Downloading", 1)]


async def test_the_first_failure_ends_the_others_and_comes_alone() -> None:
    ended = False

    async def long() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await together(long(), fail())
    assert ended
