"""What the status stream of a build tells."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from wherry.buildkit.messages.common import timestamp
from wherry.buildkit.messages.control import StatusResponse, Vertex, VertexLog, VertexStatus, VertexWarning
from wherry.buildkit.protobuf import encode

Item = Vertex | VertexStatus | VertexLog | VertexWarning

_ROOM: Final = 1 << 20  # bytes that wait for a client, which slows the build down or, without one, loses more
_WARNING: Final = 64  # bytes that one takes at least
_STRIDE: Final = 1 << 20  # bytes from one word of how far it is to the next
_BATCH: Final = 1000  # items in a message


class Progress:
    """Told by a build, read by one client. ``now`` gives the time in nanoseconds since the epoch."""

    def __init__(self, build: str, now: Callable[[], int]) -> None:
        self.now = now
        self._build = build
        self._items: list[Item] = []
        self._unread = 0
        self._has_reader = False
        self._ended = False
        self._changed = asyncio.Event()
        self._vertices = 0
        self._first: Activity | None = None

    def vertex(self, name: str) -> "Activity":
        """A new one, not begun yet."""
        self._vertices += 1
        digest = sha256(f"{self._build}\0{self._vertices}\0{name}".encode()).hexdigest()
        activity = Activity(self, Vertex(digest=f"sha256:{digest}", name=name))
        self._first = self._first or activity
        return activity

    @contextmanager
    def doing(self, name: str) -> Iterator["Activity"]:
        """One that lasts as long as the block."""
        activity = self.vertex(name)
        activity.begin()
        try:
            yield activity
        except Exception as error:
            activity.end(error=str(error))
            raise
        activity.end()

    def warn(self, text: str) -> None:
        """Of the Dockerfile: clients show it with the vertex that it is of, which is the first of all."""
        if self._first is not None:
            self.tell(VertexWarning(vertex=self._first.digest, short=text.encode()))

    def tell(self, item: Item) -> None:
        size = _size(item)
        if size and not self._has_reader and self._unread > _ROOM:
            return
        self._unread += size
        self._items.append(item)
        self._changed.set()

    async def room(self) -> None:
        """Wait for a client that is slower than the build."""
        while self._has_reader and self._unread > _ROOM:
            self._changed.clear()
            await self._changed.wait()

    def end(self) -> None:
        self._ended = True
        self._changed.set()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A client reads while the block runs."""
        self._has_reader = True
        try:
            yield
        finally:
            self._has_reader = False
            self._changed.set()

    async def read(self) -> StatusResponse | None:
        """What is new; None at the end."""
        while not self._items:
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        items, self._items = self._items[:_BATCH], self._items[_BATCH:]
        self._unread -= sum(map(_size, items))
        self._changed.set()
        return _response(items)


class Activity:
    """One vertex, as it goes."""

    def __init__(self, progress: Progress, vertex: Vertex) -> None:
        self._progress = progress
        self._vertex = vertex

    @property
    def digest(self) -> str:
        return self._vertex.digest

    @property
    def has_begun(self) -> bool:
        return self._vertex.started is not None

    @property
    def has_ended(self) -> bool:
        return self._vertex.completed is not None

    def begin(self) -> None:
        self._change(replace(self._vertex, started=timestamp(self._progress.now())))

    def end(self, *, cached: bool = False, error: str = "") -> None:
        now = timestamp(self._progress.now())
        self._change(
            replace(self._vertex, started=self._vertex.started or now, completed=now, cached=cached, error=error)
        )

    def log(self, text: str) -> None:
        now = timestamp(self._progress.now())
        self._progress.tell(VertexLog(vertex=self.digest, timestamp=now, message=text.encode()))

    def part(self, name: str) -> "Part":
        """Something in it that has a progress of its own, and begins now."""
        now = timestamp(self._progress.now())
        return Part(self._progress, VertexStatus(id=name, vertex=self.digest, started=now))

    def _change(self, vertex: Vertex) -> None:
        self._vertex = vertex
        self._progress.tell(vertex)


class Part:
    def __init__(self, progress: Progress, status: VertexStatus) -> None:
        self._progress = progress
        self._status = status
        self._told: int | None = None

    def go_on(self, current: int, total: int = 0) -> None:
        """So many bytes are done: told now and then."""
        self._status = replace(self._status, current=current, total=total)
        if self._told is None or current - self._told > _STRIDE:
            self._told = current
            self._progress.tell(replace(self._status, timestamp=timestamp(self._progress.now())))

    def end(self) -> None:
        now = timestamp(self._progress.now())
        self._progress.tell(replace(self._status, timestamp=now, completed=now))


def _size(item: Item) -> int:
    """Bytes of what there may be any amount of: output, and warnings, which clients may give as well."""
    match item:
        case VertexLog():
            return len(item.message)
        case VertexWarning():
            return _WARNING + len(encode(item))
    return 0


def _response(items: list[Item]) -> StatusResponse:
    return StatusResponse(
        vertexes=tuple(item for item in items if isinstance(item, Vertex)),
        statuses=tuple(item for item in items if isinstance(item, VertexStatus)),
        logs=tuple(item for item in items if isinstance(item, VertexLog)),
        warnings=tuple(item for item in items if isinstance(item, VertexWarning)),
    )
