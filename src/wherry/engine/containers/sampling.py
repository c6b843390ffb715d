"""One source of samples for any number of listeners. Who is slow gets the newest one and misses others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from wherry.errors import NoSuchContainer
from wherry.model.usage import Sample

Take = Callable[[], Awaitable[Sample | None]]
Pause = Callable[[], Awaitable[None]]


class Listener:
    """One client's place: it holds one sample at most."""

    def __init__(self) -> None:
        self._sample: Sample | None = None
        self._ended = False
        self._filled = asyncio.Event()

    def put(self, sample: Sample | None) -> None:
        self._sample = sample
        self._filled.set()

    def end(self) -> None:
        self._ended = True
        self._filled.set()

    async def samples(self) -> AsyncIterator[Sample | None]:
        """The newest sample, whenever there is one that was not taken yet; ends with the container."""
        while True:
            await self._filled.wait()
            if self._ended:
                return
            self._filled.clear()
            yield self._sample


class Sampler:
    """Takes samples while anybody listens."""

    def __init__(self, take: Take, pause: Pause) -> None:
        self._take = take
        self._pause = pause
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> Listener:
        listener = Listener()
        self._listeners.add(listener)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return listener

    def leave(self, listener: Listener) -> bool:
        """Whether that was the last one: nothing is sampled any more."""
        self._listeners.discard(listener)
        if self._listeners:
            return False
        if self._task is not None:
            self._task.cancel()
            self._task = None
        return True

    async def _run(self) -> None:
        try:
            while True:
                sample = await self._take()
                for listener in self._listeners:
                    listener.put(sample)
                await self._pause()
        except NoSuchContainer:
            return
        finally:
            for listener in self._listeners:
                listener.end()
