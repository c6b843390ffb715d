"""Transitions that end once begun, or are undone; and work side by side."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

R = TypeVar("R")

_log = logging.getLogger(__name__)

PATIENCE = 15  # seconds; the longest that a common transition takes is a stop of 10 s, and a kill after it
_LAST_PATIENCE = 2.0  # seconds for undoing


class Operations:
    """Runs transitions to their end, whoever asked for them and whether they still listen.

    ``patience``: how many seconds a drain waits for them; for ever if it is negative.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, transition: Coroutine[Any, Any, R]) -> R:
        """Await ``transition``. If the caller is cancelled it goes on alone, and its failure is logged."""
        return await asyncio.shield(self.begin(transition))

    def begin(self, transition: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Start ``transition`` without waiting for it."""
        task = asyncio.get_running_loop().create_task(transition)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def drain(self) -> None:
        """Wait until all transitions have ended; one that takes too long is cancelled, and undoes what it can. One that
        the kernel holds up is left: the next start of the engine finds it half done."""
        if await self._ended(None if self.patience < 0 else self.patience):
            return
        for task in self._tasks:
            _log.warning("%s did not end in time", task.get_coro())
            task.cancel()
        if not await self._ended(_LAST_PATIENCE):
            _log.warning("%d transitions cannot be ended", len(self._tasks))
            self._tasks.clear()

    async def _ended(self, seconds: float | None) -> bool:
        """Whether there are no transitions any more, those included that others began meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            return False
        return True

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.debug("%s failed: %s", task.get_coro(), task.exception())


@asynccontextmanager
async def undoable(transition: Coroutine[Any, Any, R], undo: Callable[[R], Awaitable[None]]) -> AsyncIterator[R]:
    """What ``transition`` makes; undone if the block fails, or if the caller is cancelled while it is being made.

    It is undone to the end, even if the caller is cancelled meanwhile: the failure of the block is what is raised.
    """
    making = asyncio.ensure_future(transition)
    try:
        yield await asyncio.shield(making)
    except BaseException:
        undoing = asyncio.ensure_future(_undo(making, undo))
        while not undoing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((undoing,))
        undoing.result()
        raise


async def _undo(making: asyncio.Future[R], undo: Callable[[R], Awaitable[None]]) -> None:
    await asyncio.wait((making,))
    if not making.cancelled() and making.exception() is None:
        await undo(making.result())


async def together(*works: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """All results. The first failure ends the others and, when they have ended, is raised alone."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return tuple(task.result() for task in tasks)
