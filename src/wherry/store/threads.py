"""Blocking work of the store, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

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


async def settled(future: asyncio.Future[T]) -> T:
    """Wait for work in a thread. A thread cannot be cancelled: a cancelled caller goes on when the work is done, so
    that nothing still runs behind its back."""
    interruption: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        future.exception()  # looked at: asyncio would report a failure that nobody saw
        raise interruption
    return future.result()
