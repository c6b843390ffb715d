"""Who may do something at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """``count`` at a time. Who takes longer than ``patience`` seconds goes on beside the next: it may never end."""

    def __init__(self, count: int, patience: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._patience = patience

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._free.acquire()
        overdue = asyncio.get_running_loop().call_later(self._patience, self._free.release)
        try:
            yield
        finally:
            if overdue.when() > asyncio.get_running_loop().time():
                overdue.cancel()
                self._free.release()


class KeyedLocks:
    """A lock a key, made when it is first asked for and forgotten with its last user."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = lock, users - 1
