"""Blocking work of the store, off the event loop."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

from wherry.threads import carry_out, settled, work_off

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Threads:
    """A small pool of threads, made as they are needed. One thread does its work in the order given.

    A container's start and end are a dozen pieces of work, each 25 µs of CPU; by ThreadPoolExecutor, which serves other
    threads as well and can take work back, it would be 40.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._pieces: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0

    def submit(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> asyncio.Future[T]:
        """Begin; give the future to ``settled``."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._finished)
        self._unfinished += 1
        if len(self._threads) < min(self._unfinished, self._count):
            self._add_thread()
        self._pieces.put(partial(carry_out, future, work, *arguments))
        return future

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The result of ``work``, done in a thread, to its end even if the caller is cancelled."""
        return await settled(self.submit(work, *arguments))

    def shutdown(self) -> None:
        """Wait for all work and end the threads. Blocks."""
        for _ in self._threads:
            self._pieces.put(None)
        for thread in self._threads:
            thread.join()

    def _add_thread(self) -> None:
        thread = threading.Thread(target=work_off, args=(self._pieces,), name=self._name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _finished(self, _future: asyncio.Future[T]) -> None:
        self._unfinished -= 1
