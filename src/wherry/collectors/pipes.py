"""Pipes to plugins that log (moby ``daemon/logger/adapter.go``): one is asked to read a pipe, and to stop.

The pipe is in a folder that the plugin sees and may change: what is written to is a pipe, and no link to other things.
"""

import asyncio
import errno
import fcntl
import logging
import os
import struct
import termios
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from stat import S_ISFIFO
from typing import Any, Final, Protocol, TypeVar

from msgspec import Struct

from wherry.collectors.entries import EntryEncoder
from wherry.errors import InternalError, NotFound, PluginDisabled, PluginUnreachable
from wherry.model.collector import LogPlugin
from wherry.model.log import LogLine

T = TypeVar("T")

_log = logging.getLogger(__name__)

KIND: Final = "LogDriver"
_ASKING: Final = 30.0  # seconds for an answer
_READING: Final = 10.0  # seconds in which a plugin has to open a pipe, and to read what is left in it
_PAUSE: Final = 0.01


class LogPlugins(Protocol):
    """What plugins are asked by: see ``engine.ports.Plugins``."""

    async def require(self, name: str, kind: str) -> None: ...

    async def call(
        self, name: str, kind: str, method: str, arguments: object, answer: type[T], *, patience: float, retry: bool
    ) -> T: ...

    def shared_folder(self, name: str) -> tuple[Path, str]: ...


class _Answer(Struct, rename="pascal"):
    err: str = ""


class PipeConnection:
    """Lines are sent when the pipe has taken them."""

    def __init__(self, fd: int, encoder: EntryEncoder, end: Callable[[], None]) -> None:
        self._fd = fd
        self._encoder = encoder
        self.close = end

    async def send(self, lines: Sequence[LogLine]) -> None:
        """OSError if nobody reads any more."""
        rest = memoryview(b"".join(await asyncio.to_thread(self._encoder.messages, lines)))
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await _writable(self._fd)


class Pipes:
    """All that are being ended."""

    def __init__(self, plugins: LogPlugins) -> None:
        self._plugins = plugins
        self._ending: set[asyncio.Task[None]] = set()

    async def connect(self, plugin: str, messages: LogPlugin) -> PipeConnection:
        """Have a plugin read a new pipe. InternalError."""
        try:
            await self._plugins.require(plugin, KIND)
        except (NotFound, PluginDisabled) as error:
            reason = f"error looking up logging plugin {plugin}: {error}"
            raise InternalError(
                f"failed to get logging factory: logger: no log driver named '{plugin}' is registered: {reason}"
            ) from error
        folder, seen = self._plugins.shared_folder(plugin)
        name = f"log-{os.urandom(16).hex()}"
        try:
            fd = await self._opened(plugin, folder / name, f"{seen}/{name}", messages.info)
        except (OSError, InternalError, NotFound) as error:
            raise InternalError(f"error creating logger: {error}") from error
        encoder = EntryEncoder(messages.info["ContainerID"])
        return PipeConnection(fd, encoder, partial(self._begin_end, plugin, f"{seen}/{name}", fd))

    async def _opened(self, plugin: str, path: Path, seen: str, info: dict[str, Any]) -> int:
        """The writing end. The name is not needed once both are open, and does not outlive a death."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.mkfifo(path, 0o600)
        try:
            await self._ask(plugin, "StartLogging", {"File": seen, "Info": info})
            return await _read_by_somebody(path)
        finally:
            path.unlink(missing_ok=True)

    async def _ask(self, plugin: str, verb: str, arguments: dict[str, Any]) -> None:
        answer = await self._plugins.call(
            plugin, KIND, f"{KIND}.{verb}", arguments, _Answer, patience=_ASKING, retry=False
        )
        if answer.err:
            raise InternalError(answer.err)

    def _begin_end(self, plugin: str, seen: str, fd: int) -> None:
        ending = asyncio.get_running_loop().create_task(self._stop(plugin, seen, fd))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _stop(self, plugin: str, seen: str, fd: int) -> None:
        """Tell a plugin that there is no more, when it has read what there was."""
        try:
            await _drained(fd)
        finally:
            os.close(fd)
        try:
            await self._ask(plugin, "StopLogging", {"File": seen})
        except (NotFound, InternalError) as error:
            _log.warning("plugin %s was not told that a log has ended: %s", plugin, error)


async def _read_by_somebody(path: Path) -> int:
    """A pipe, open for writing, when somebody has it open for reading. OSError, PluginUnreachable."""
    found = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not S_ISFIFO(os.fstat(found).st_mode):
            raise PluginUnreachable(f"{path} is no pipe any more")
        until = asyncio.get_running_loop().time() + _READING
        while True:
            try:
                return os.open(f"/proc/self/fd/{found}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ENXIO:  # fifo(7): nobody reads
                    raise
            if asyncio.get_running_loop().time() > until:
                raise PluginUnreachable("nobody reads the pipe")
            await asyncio.sleep(_PAUSE)
    finally:
        os.close(found)


async def _writable(fd: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(fd)


async def _drained(fd: int) -> None:
    """Wait until all that was written has been read, but not for ever (ioctl_pipe in pipe(7): FIONREAD)."""
    until = asyncio.get_running_loop().time() + _READING
    while struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]:
        if asyncio.get_running_loop().time() > until:
            return
        await asyncio.sleep(_PAUSE)
