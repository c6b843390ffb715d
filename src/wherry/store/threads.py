"""Blocking work of the store, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from wherry.waiting import settled

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Threads:
    """A small pool of threads, made as they are needed. One thread does its work in the order given."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def submit(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> asyncio.Future[T]:
        """Begin; give the future to ``settled``."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The result of ``work``, done in a thread, to its end even if the caller is cancelled."""
        return await settled(self.submit(work, *arguments))

    def shutdown(self) -> None:
        """Wait for all work and end the threads. Blocks."""
        self._pool.shutdown()
