"""Hubs: many clients, one set of standard streams.

Every client of a hub sees all output from the moment it joined. A client that does not read holds the writer up once
its buffer is full, as a full pipe does: nothing is lost and nothing grows. Detaching takes one client away and leaves
the rest.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from wherry.engine.ports import Console
from wherry.errors import Conflict
from wherry.plan.containers.detach import DetachScanner

_log = logging.getLogger(__name__)

_BUFFER = 1 << 18


class Detached(Exception):
    """The client typed its detach keys."""


class Attachment:
    """One client's view of a hub. ``replay`` is output from before it joined."""

    def __init__(self, hub: "Hub", streams: frozenset[int], keys: bytes, replay: list[tuple[int, bytes]]) -> None:
        self._hub = hub
        self._streams = streams
        self._scanner = DetachScanner(keys) if hub.tty and keys else None
        self._queue: deque[tuple[int, bytes]] = deque(replay)
        self._size = 0
        self._ended = False
        self._closed = False
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()

    @property
    def tty(self) -> bool:
        return self._hub.tty

    async def read(self) -> tuple[int, bytes]:
        """(1 stdout or 2 stderr, bytes); (0, b"") at the end."""
        while not self._queue:
            if self._ended or self._closed:
                return 0, b""
            self._filled.clear()
            await self._filled.wait()
        stream, data = self._queue.popleft()
        self._size -= len(data)
        self._drained.set()
        return stream, data

    async def write(self, data: bytes) -> None:
        """To the standard input. Raises Detached when the detach keys have been typed."""
        detached = False
        if self._scanner is not None:
            data, detached = self._scanner.feed(data)
        if data:
            await self._hub.write(data)
        if detached:
            raise Detached

    async def close_stdin(self) -> None:
        """The client has no more input: so has the process, if it was promised to one client only."""
        await self._hub.close_stdin()

    def close(self) -> None:
        """Leave; idempotent."""
        if not self._closed:
            self._closed = True
            self._filled.set()
            self._drained.set()
            self._hub.leave(self)

    async def deliver(self, stream: int, data: bytes) -> None:
        """Take output in; waits while the buffer is full and the client still there."""
        if stream not in self._streams:
            return
        while self._size >= _BUFFER and not self._closed:
            self._drained.clear()
            await self._drained.wait()
        if not self._closed:
            self._queue.append((stream, data))
            self._size += len(data)
            self._filled.set()

    def end(self) -> None:
        """No more output will come."""
        self._ended = True
        self._filled.set()


class Hub:
    """Joins clients and one console. Clients may come before there is a console; it may come and go.

    ``stdin_once``: the first client that has no more input ends the input. ``left`` is called when the last client has
    gone: the console is let go then. A ``pinned`` hub holds on, for a process whose pipes only we have must go on; and
    its clients see the end when its owner says ``end``, not when the console ends.
    """

    def __init__(self, *, tty: bool, stdin_once: bool, pinned: bool = False, left: Callable[[], None]) -> None:
        self.tty = tty
        self._stdin_once = stdin_once
        self._pinned = pinned
        self._left = left
        self._clients: set[Attachment] = set()
        self._console: Console | None = None
        self._joined = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @property
    def connected(self) -> bool:
        return self._console is not None

    def attach(
        self, *, stdout: bool, stderr: bool, keys: bytes, replay: list[tuple[int, bytes]] | None = None
    ) -> Attachment:
        """A new client; ``keys`` are its detach keys."""
        streams = frozenset(number for number, wanted in ((1, stdout), (2, stderr)) if wanted)
        client = Attachment(self, streams, keys, replay or [])
        self._clients.add(client)
        return client

    def connect(self, console: Console) -> None:
        """Join the console: output flows from now on, and input that waited."""
        self._console = console
        self._joined.set()
        self._reader = asyncio.get_running_loop().create_task(self._pump(console))
        self._reader.add_done_callback(lambda _: console.close())

    async def write(self, data: bytes) -> None:
        await self._joined.wait()
        async with self._writing:
            if self._console is not None:
                await self._console.write(data)

    async def close_stdin(self) -> None:
        await self._joined.wait()
        async with self._writing:
            if self._console is not None and self._stdin_once:
                await self._console.close_stdin()

    async def resize(self, height: int, width: int) -> None:
        if self._console is None:
            raise Conflict("the session is not running")
        await self._console.resize(height, width)

    async def finished(self) -> None:
        """Wait until all output of the console was handed to the clients' buffers."""
        if self._reader is not None:
            await asyncio.wait([self._reader])

    def leave(self, client: Attachment) -> None:
        """Forget a client."""
        self._clients.discard(client)
        if not self._clients:
            if not self._pinned:
                self.close()
            self._left()

    def end(self) -> None:
        """Nothing more will ever come: a start that failed, a container that is removed, a session that is over."""
        self._joined.set()
        for client in tuple(self._clients):
            client.end()

    def close(self) -> None:
        """Let the console go; its reader closes it, once it reads no more."""
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
        self._console = None

    async def _pump(self, console: Console) -> None:
        try:
            while (item := await console.read())[0]:
                for client in tuple(self._clients):
                    await client.deliver(*item)
        except OSError:
            _log.exception("a console can no longer be read: its clients see the end")
        self._console = None
        if not self._pinned:
            self.end()
