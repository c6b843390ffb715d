"""Transitions end once begun, or are given up at the end of the engine."""

import asyncio

import pytest

from wherry.engine.concurrency import operations
from wherry.engine.concurrency.locks import Turns
from wherry.engine.concurrency.operations import Operations, undoable
from wherry.threads import settled


def test_a_transition_that_takes_too_long_is_given_up_and_may_undo_what_it_did() -> None:
    undone = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for step in range(3):
                await asyncio.sleep(0)
                undone.append(step)

    async def scenario() -> None:
        running = Operations(0.01)
        running.begin(endless())
        await running.drain()

    asyncio.run(asyncio.wait_for(scenario(), 5))

    assert undone == [0, 1, 2]


def test_a_transition_that_cannot_be_ended_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_LAST_PATIENCE", 0.01)

    async def scenario() -> None:
        running, server_is_back = Operations(0.01), asyncio.get_running_loop().create_future()
        stuck = running.begin(settled(server_is_back))
        await running.drain()
        await running.drain()
        assert not stuck.done()
        server_is_back.set_result(None)
        await asyncio.wait([stuck])

    asyncio.run(asyncio.wait_for(scenario(), 5))


async def test_turns_are_taken_one_after_the_other() -> None:
    turns, order = Turns(1, 60), []

    async def take(name: str) -> None:
        async with turns.turn():
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(take("first"), take("second"))

    assert order == ["first begins", "first ends", "second begins", "second ends"]


async def test_a_turn_that_never_ends_lets_the_next_begin_and_counts_no_more() -> None:
    turns, back = Turns(1, 0.1), asyncio.Event()

    async def take() -> None:
        async with turns.turn():
            await back.wait()

    takers = [asyncio.create_task(take()) for _ in range(2)]
    await asyncio.sleep(0)
    async with turns.turn():
        back.set()
        await asyncio.wait(takers)
        fourth = asyncio.create_task(take())
        _done, waiting = await asyncio.wait([fourth], timeout=0)
        assert waiting, "one turn at a time, whoever was overdue before"
    await fourth


def test_a_drain_waits_for_what_transitions_begin() -> None:
    ended = []

    async def scenario() -> None:
        running = Operations()

        async def second() -> None:
            await asyncio.sleep(0)
            ended.append("second")

        async def first() -> None:
            await asyncio.sleep(0)
            running.begin(second())
            ended.append("first")

        running.begin(first())
        await running.drain()

    asyncio.run(scenario())

    assert ended == ["first", "second"]


async def test_what_is_undone_is_undone_to_the_end_whoever_is_cancelled() -> None:
    undoing, undone = asyncio.Event(), []

    async def make() -> str:
        return "made"

    async def undo(made: str) -> None:
        undoing.set()
        await asyncio.sleep(0.01)
        undone.append(made)

    async def fail() -> None:
        async with undoable(make(), undo):
            raise ValueError("no")

    failing = asyncio.ensure_future(fail())
    await undoing.wait()
    failing.cancel()

    with pytest.raises(ValueError, match="no"):
        await failing
    assert undone == ["made"]
