"""What happened, told to whoever listens, with a short memory for who comes late."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from wherry.engine.ports import Clock
from wherry.errors import Unavailable
from wherry.model.event import Event

_REMEMBERED = 256
_BACKLOG = 4096


class Events:
    """The feed. A listener that falls ``_BACKLOG`` events behind is cut off, so that it never grows the daemon, and
    knows that it has missed some."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._past: deque[Event] = deque(maxlen=_REMEMBERED)
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self.published = 0

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def publish(self, kind: str, action: str, actor: str, attributes: dict[str, str]) -> None:
        """Tell everyone, now."""
        event = Event(kind=kind, action=action, actor=actor, attributes=attributes, time=self._clock.now())
        self._past.append(event)
        self.published += 1
        for queue in tuple(self._listeners):
            if queue.qsize() < _BACKLOG:
                queue.put_nowait(event)
            else:
                self._listeners.discard(queue)
                queue.put_nowait(None)

    def subscribe(self, *, since: int = 0, until: int = 0) -> AsyncIterator[Event]:
        """Remembered events from ``since`` on (0: none of them), then new ones; ends at ``until`` (0: never).

        Times are nanoseconds since the epoch. Listening begins with this call, not with the first event taken. The feed
        raises Unavailable when its listener has fallen too far behind.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        past = [event for event in self._past if since and event.time >= since and (not until or event.time <= until)]
        self._listeners.add(queue)
        return self._feed(queue, past, until)

    async def _feed(self, queue: asyncio.Queue[Event | None], past: list[Event], until: int) -> AsyncIterator[Event]:
        try:
            for event in past:
                yield event
            while True:
                event_or_end = await self._next(queue, until)
                if event_or_end is None:
                    return
                yield event_or_end
        finally:
            self._listeners.discard(queue)

    async def _next(self, queue: asyncio.Queue[Event | None], until: int) -> Event | None:
        remaining = max((until - self._clock.now()) / 1e9, 0) if until else None
        try:
            async with asyncio.timeout(remaining):
                event = await queue.get()
        except TimeoutError:
            return None
        if event is None:
            raise Unavailable(f"a listener to events fell {_BACKLOG} of them behind")
        return event
