"""Work in threads, and waiting for it.

A call into a file system whose server is gone does not return, and cannot be killed. What may look into somebody else's
files has a thread of its own: it takes nobody's place in a pool, and the end of the process does not wait for it.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


async def alone(work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    """The result of ``work``, done in a thread of its own, to its end even if the caller is cancelled."""
    return await settled(begun_alone(work, *arguments))


def begun_alone(work: Callable[[*Arguments], T], *arguments: *Arguments) -> asyncio.Future[T]:
    """Begin; give the future to ``settled``."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        tell: tuple[Callable[..., None], Any]
        try:
            tell = future.set_result, work(*arguments)
        except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
            tell = future.set_exception, error
        with suppress(RuntimeError):  # the loop has ended meanwhile, and with it whoever asked
            loop.call_soon_threadsafe(*tell)

    threading.Thread(target=run, name="alone", daemon=True).start()
    return future


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
