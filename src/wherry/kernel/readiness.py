"""Waiting for descriptors on the event loop.

A descriptor must not be closed while it is waited for: its number may be another's at once, and the loop would take the
one for the other. So each wait ends before its descriptor does.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def readable(*fds: int, event: asyncio.Event | None = None) -> Iterator[asyncio.Event]:
    """An event (``event``, if there is one already) that is set, within the block, whenever one can be read."""
    loop = asyncio.get_running_loop()
    event = event or asyncio.Event()
    for fd in fds:
        loop.add_reader(fd, event.set)
    try:
        yield event
    finally:
        for fd in fds:
            loop.remove_reader(fd)


class Writable:
    """Waits until a descriptor takes more."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Event | None = None

    async def wait(self) -> None:
        """Until it does, or ``give_up``. One at a time."""
        self._ready = asyncio.Event()
        self._loop.add_writer(self._fd, self._ready.set)
        try:
            await self._ready.wait()
        finally:
            self.give_up()

    def give_up(self) -> None:
        """End the wait, if there is one: the descriptor is about to be closed."""
        if self._ready is not None:
            self._loop.remove_writer(self._fd)
            self._ready.set()
            self._ready = None
