"""Files and sockets in memory that one command of a build is lent."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from wherry.errors import InternalError, WherryError
from wherry.kernel import mounts
from wherry.model.remapping import Owner, Remapping

_PIECE: Final = 32 << 10  # bytes
_BACKLOG: Final = 16
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_log: Final = logging.getLogger(__name__)


class Wire(Protocol):
    """A connection of bytes both ways."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes | None: ...

    async def end(self) -> None: ...


Connect = Callable[[], AbstractAsyncContextManager[Wire]]


class StepFiles:
    """Below ``folder``, each in a tmpfs of its own. Owners are those in containers."""

    def __init__(self, folder: Path, remapping: Remapping | None) -> None:
        self._folder = folder
        self._remapping = remapping

    @asynccontextmanager
    async def lent(self) -> AsyncIterator["StepFolder"]:
        """A folder, while the block runs. InternalError if none can be mounted."""
        self._folder.mkdir(mode=0o711, exist_ok=True)
        path = self._folder / os.urandom(8).hex()
        path.mkdir(mode=0o711)
        try:
            _mount(path)
            async with AsyncExitStack() as stack:
                yield StepFolder(path, self._remapping, stack)
        finally:
            _remove(path)

    def sweep(self) -> None:
        """At start: remove what an earlier life of the engine left. Blocks."""
        with suppress(FileNotFoundError):
            for path in tuple(self._folder.iterdir()):
                _remove(path)


class StepFolder:
    def __init__(self, path: Path, remapping: Remapping | None, stack: AsyncExitStack) -> None:
        self._path = path
        self._remapping = remapping
        self._stack = stack

    def secret(self, content: bytes, mode: int, owner: Owner) -> Path:
        """A file."""
        path = self._path / os.urandom(8).hex()
        with open(os.open(path, _NEW, 0o600), "wb") as file:
            file.write(content)
        self._dress(path, mode, owner)
        return path

    async def agent(self, connect: Connect, mode: int, owner: Owner) -> Path:
        """A socket; whoever connects to it is connected with what ``connect`` gives."""
        path = self._path / os.urandom(8).hex()
        listener = _listener(path)
        self._dress(path, mode, owner)
        forwarding = _Forwarding(connect)
        server = await asyncio.start_unix_server(forwarding.begin, sock=listener)
        self._stack.push_async_callback(forwarding.close)
        self._stack.callback(server.close)
        return path

    def _dress(self, path: Path, mode: int, owner: Owner) -> None:
        os.chown(path, *(self._remapping.outside(owner) if self._remapping else owner))
        path.chmod(mode)


class _Forwarding:
    """Of the connections to one socket."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:  # it was accepted just before
            writer.close()
            return
        task = asyncio.ensure_future(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What fails is the end of this connection alone."""
        try:
            async with self._connect() as wire, asyncio.TaskGroup() as ways:
                ways.create_task(_there(reader, wire))
                ways.create_task(_back(wire, writer))
        except* (WherryError, OSError) as error:
            _log.debug("a connection to an agent ended: %s", error.exceptions)
        finally:
            writer.close()


async def _there(reader: asyncio.StreamReader, wire: Wire) -> None:
    while data := await reader.read(_PIECE):
        await wire.send(data)
    await wire.end()


async def _back(wire: Wire, writer: asyncio.StreamWriter) -> None:
    while (data := await wire.receive()) is not None:
        writer.write(data)
        await writer.drain()
    writer.write_eof()


def _listener(path: Path) -> socket.socket:
    """By way of its directory: a socket's address has 107 bytes."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            listener.bind(f"/proc/self/fd/{fd}/{path.name}")
        finally:
            os.close(fd)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _mount(path: Path) -> None:
    try:
        mounts.memory(str(path))
    except OSError as error:
        raise InternalError(f"mount memory at {path}: {error}") from error


def _remove(path: Path) -> None:
    while mounts.unmount(str(path)):
        pass
    with suppress(FileNotFoundError):
        path.rmdir()
