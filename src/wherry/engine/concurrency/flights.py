"""Long work that tells how far it is, shared by all who ask for the same.

A run ends early when the last one who waits for it leaves, and only then.
"""

import asyncio
from collections.abc import Hashable
from typing import Any, TypeVar

from wherry.engine.concurrency.operations import Operations
from wherry.engine.concurrency.progress import Report, Work
from wherry.model.progress import Progress

R = TypeVar("R")


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
