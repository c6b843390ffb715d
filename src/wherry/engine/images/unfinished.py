"""Layers that are being unpacked. Those of a stack are unpacked beside each other: each begins when those below it have
begun, and ends after them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from msgspec import Struct

AT_ONCE = 4
"""Processes that unpack at once. Who has a turn waits for nobody but those that have had theirs."""


class Begun(Struct, frozen=True, kw_only=True):
    """A directory that is being filled. ``complete`` tells at the end whether it has become a layer."""

    directory: str
    parent: str
    complete: asyncio.Future[bool]


class Unfinished:
    """By chain ID."""

    def __init__(self) -> None:
        self._begun: dict[str, Begun] = {}
        self._news = asyncio.Event()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def get(self, chain_id: str) -> Begun | None:
        return self._begun.get(chain_id)

    async def changed(self) -> None:
        """When one has begun or ended."""
        await self._news.wait()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held by who unpacks a layer; those below it have begun."""
        async with self._turns:
            yield

    @contextmanager
    def begun(self, chain_id: str, directory: str, parent: str) -> Iterator[None]:
        """Tell that a layer has begun, and at the end of the block whether it is complete."""
        complete = asyncio.get_running_loop().create_future()
        self._begun[chain_id] = Begun(directory=directory, parent=parent, complete=complete)
        self._tell()
        try:
            yield
            complete.set_result(True)
        finally:
            if not complete.done():
                complete.set_result(False)
            del self._begun[chain_id]
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
