"""Long work that tells how far it is, shared by all who ask for the same.

A run ends early when the last one who waits for it leaves, and only then.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable
from typing import Any, TypeVar

from wherry.engine.operations import Operations
from wherry.model.progress import Progress

R = TypeVar("R")
Report = Callable[[Progress], None]
Work = Callable[[Report], Coroutine[Any, Any, R]]


def silent(_: Progress) -> None:
    """The report of one who does not want to know."""


class Flights:
    """Runs by key. Who joins late is told first how far it is."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._flights: dict[Hashable, _Flight] = {}

    async def join(self, key: Hashable, work: Work[R], report: Report) -> R:
        """The result of the run under ``key``, begun with ``work`` if there is none. Being cancelled is leaving."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight()
            flight.task = self._operations.begin(work(flight.report))
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        flight.admit(report)
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.listeners.remove(report)
            if not flight.listeners and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()
                await asyncio.wait((flight.task,))

    def _forget(self, key: Hashable, flight: "_Flight") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


class _Flight:
    task: asyncio.Task[Any]

    def __init__(self) -> None:
        self.listeners: list[Report] = []
        self._last: dict[str, Progress] = {}

    def report(self, progress: Progress) -> None:
        self._last[progress.id or progress.status] = progress
        for listener in self.listeners:
            listener(progress)

    def admit(self, report: Report) -> None:
        for progress in self._last.values():
            report(progress)
        self.listeners.append(report)


async def listen(work: Work[Any]) -> AsyncGenerator[Progress, None]:
    """What ``work`` reports, while it runs; raises what it raises. To be closed: that cancels the work."""
    mailbox = _Mailbox()
    task = asyncio.ensure_future(work(mailbox.put))
    task.add_done_callback(lambda _: mailbox.close())
    try:
        while letters := await mailbox.take():
            for progress in letters:
                yield progress
        await task
    finally:
        task.cancel()
        await asyncio.wait((task,))


class _Mailbox:
    """Reports that wait for a listener. Of several on the same step of the same thing, the last one counts: a slow
    listener never grows the daemon."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Progress] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, progress: Progress) -> None:
        key = (progress.id, progress.status) if progress.total else object()
        self._waiting[key] = progress
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def take(self) -> tuple[Progress, ...]:
        """All that waits; () when there will be no more."""
        while not self._waiting and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        letters, self._waiting = tuple(self._waiting.values()), {}
        return letters


async def together(*works: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """All results. The first failure ends the others and, when they have ended, is raised alone."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return tuple(task.result() for task in tasks)
