"""Bytes that arrive on the event loop and are used in a thread."""

import asyncio
from collections.abc import AsyncIterable, Generator
from queue import SimpleQueue
from typing import Final

AHEAD: Final = 8  # chunks that may wait for the thread


class Feed:
    """Chunks on their way to one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(AHEAD)
        self._chunks: SimpleQueue[bytes] = SimpleQueue()
        self._left = False

    async def pour(self, source: AsyncIterable[bytes]) -> None:
        """Give all of the source, and its end. A thread that goes away ends it early: it has left word of why."""
        try:
            async for chunk in source:
                await self._room.acquire()
                if self._left:
                    return
                self._chunks.put(chunk)
        finally:
            self._chunks.put(b"")

    def drawn(self) -> Generator[bytes, None, None]:
        """For the thread: the chunks, to be closed. Blocks."""
        try:
            while chunk := self._chunks.get():
                self._loop.call_soon_threadsafe(self._room.release)
                yield chunk
        finally:
            self._left = True
            self._loop.call_soon_threadsafe(self._room.release)
