"""Telling how far long work is, and why it does not go on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable
from contextlib import aclosing
from math import ceil
from typing import Any, TypeVar

from wherry.engine.ports import Clock
from wherry.model.progress import Progress

R = TypeVar("R")
Report = Callable[[Progress], None]
Work = Callable[[Report], Coroutine[Any, Any, R]]

_PAUSE = 100_000_000  # nanoseconds between two reports


def silent(_: Progress) -> None:
    """The report of one who does not want to know."""


async def listen(work: Work[Any]) -> AsyncGenerator[Progress, None]:
    """What ``work`` reports, while it runs; raises what it raises. To be closed: that cancels the work."""
    mailbox = _Mailbox()
    task = asyncio.ensure_future(work(mailbox.put))
    task.add_done_callback(lambda _: mailbox.close())
    try:
        while letters := await mailbox.take():
            for progress in letters:
                yield progress
        await task
    finally:
        task.cancel()
        await asyncio.wait((task,))


class _Mailbox:
    """Reports that wait for a listener. Of several on the same step of the same thing, the last one counts: a slow
    listener never grows the daemon."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Progress] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, progress: Progress) -> None:
        key = (progress.id, progress.status) if progress.total else object()
        self._waiting[key] = progress
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def take(self) -> tuple[Progress, ...]:
        """All that waits; () when there will be no more."""
        while not self._waiting and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        letters, self._waiting = tuple(self._waiting.values()), {}
        return letters


async def metered(
    chunks: AsyncGenerator[bytes, None], clock: Clock, tell: Callable[[int], None]
) -> AsyncGenerator[bytes, None]:
    """The chunks, and now and then and at the end to ``tell`` how many bytes went by. To be closed."""
    passed, told_at = 0, 0
    async with aclosing(chunks):
        async for chunk in chunks:
            passed += len(chunk)
            now = clock.now()
            if not 0 <= now - told_at < _PAUSE:  # the clock may be set back
                told_at = now
                tell(passed)
            yield chunk
        tell(passed)


def retrying(pause: float) -> str:
    """What is said before the pause of so many seconds."""
    seconds = ceil(pause)
    return f"Retrying in {seconds} second{'' if seconds == 1 else 's'}"
