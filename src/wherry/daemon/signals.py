"""Signals to the daemon, one after the other."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

_LAST = (signal.SIGTERM, signal.SIGINT)
_LIMIT = 3


async def signals() -> AsyncIterator[int]:
    """SIGHUP, SIGUSR1, SIGTERM and SIGINT as they come. The third one that ends the process ends it at once."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[int] = asyncio.Queue()
    ending = 0

    def tell(number: int) -> None:
        nonlocal ending
        ending += number in _LAST
        if ending >= _LIMIT:
            os._exit(128 + number)
        queue.put_nowait(number)

    for number in (signal.SIGHUP, signal.SIGUSR1, *_LAST):
        loop.add_signal_handler(number, tell, number)
    while True:
        yield await queue.get()
