"""Work in threads, a pool of them or a lone one, and waiting for it.

A call into a file system whose server is gone does not return, and cannot be killed. What may look into somebody else's
files has a thread of its own: it takes nobody's place in a pool, and the end of the process does not wait for it.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

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
        self._pieces.put(partial(_carry_out, future, work, *arguments))
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
        thread = threading.Thread(target=_work_off, args=(self._pieces,), name=self._name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _finished(self, _future: asyncio.Future[T]) -> None:
        self._unfinished -= 1


class LoneThread:
    """Does its work in the order given, and ends after what was begun before ``end``."""

    def __init__(self) -> None:
        self._pieces: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=_work_off, args=(self._pieces,), name="lone", daemon=True).start()

    def begin(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> asyncio.Future[T]:
        """Begin; give the future to ``settled``."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pieces.put(partial(_carry_out, future, work, *arguments))
        return future

    def end(self) -> None:
        self._pieces.put(None)


def _work_off(pieces: SimpleQueue[Callable[[], None] | None]) -> None:
    """A thread's life: piece after piece, until there comes None."""
    while piece := pieces.get():
        piece()
        del piece  # its result is not to be kept while the next one is waited for


def _carry_out(future: asyncio.Future[T], work: Callable[[*Arguments], T], *arguments: *Arguments) -> None:
    """In a thread: do the work, and tell the future how it went."""
    tell: partial[None]
    try:
        tell = partial(future.set_result, work(*arguments))
    except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
        tell = partial(future.set_exception, error)
    with suppress(RuntimeError):  # the loop has ended meanwhile, and with it whoever asked
        future.get_loop().call_soon_threadsafe(tell)


async def alone(work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    """The result of ``work``, done in a thread of its own, to its end even if the caller is cancelled."""
    thread = LoneThread()
    done = thread.begin(work, *arguments)
    thread.end()
    return await settled(done)


async def settled(future: asyncio.Future[T]) -> T:
    """Wait for work in a thread. A thread cannot be cancelled: a cancelled caller goes on when the work is done, so
    that nothing still runs behind its back."""
    interruption: asyncio.CancelledError | None = None
    while not future.done():
        woken = future.get_loop().create_future()  # what asyncio.wait does, in fewer steps
        future.add_done_callback(partial(_wake, woken))
        try:
            await woken
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        future.exception()  # looked at: asyncio would report a failure that nobody saw
        try:
            raise interruption
        finally:
            del interruption  # else its traceback has this frame, and the frame has it
    return future.result()


def _wake(woken: asyncio.Future[None], _done: asyncio.Future[T]) -> None:
    if not woken.done():
        woken.set_result(None)
