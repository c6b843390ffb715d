"""Sessions whose runtime waits for their start, which may come late."""

import asyncio
import os
from typing import Any

import pytest

from wherry.kernel import identity
from wherry.runtime import expected
from wherry.runtime.expected import Expected


class SlowlyEnding:
    """A session whose runtime takes until ``ended`` to go."""

    def __init__(self) -> None:
        self.closed, self.ended = asyncio.Event(), asyncio.Event()

    def close(self) -> None:
        self.closed.set()

    async def given_up(self) -> None:
        await self.ended.wait()


async def test_a_start_that_comes_late_waits_for_the_end_of_what_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "_PATIENCE", 0)
    sessions, session = Expected(), SlowlyEnding()
    waiting: Any = session
    sessions.add("late", waiting, identity.identify(os.getpid()))
    await session.closed.wait()

    taking = asyncio.create_task(sessions.take("late", wanted=True))

    await asyncio.sleep(0)
    assert not taking.done()
    session.ended.set()
    assert await taking is None
