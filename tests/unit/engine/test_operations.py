"""Transitions end once begun, or are given up at the end of the engine."""

import asyncio

import pytest

from wherry.engine import operations
from wherry.engine.operations import Operations, undoable


def test_a_transition_that_takes_too_long_is_given_up_and_may_undo_what_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operations, "_PATIENCE", 0.01)
    undone = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for step in range(3):
                await asyncio.sleep(0)
                undone.append(step)

    async def scenario() -> None:
        running = Operations()
        running.begin(endless())
        await running.drain()

    asyncio.run(asyncio.wait_for(scenario(), 5))

    assert undone == [0, 1, 2]


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
