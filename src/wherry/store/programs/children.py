"""Starting a program of ``wherry.tar.programs`` and living with its process: hearing how it ended, killing it.

It is started with posix_spawn(3) and watched by a pidfd: what asyncio offers makes a real fork under uvloop,
which grows with the daemon.
"""

import asyncio
import os
import signal
import sys
from io import FileIO
from pathlib import Path
from socket import socket
from typing import Protocol, Self

from wherry.errors import CorruptLayer, InternalError, InvalidArgument, NoSpace
from wherry.store.failures import explained
from wherry.tar.programs.protocol import APPLIED, CONNECTION, CORRUPT, FULL, REFUSED
from wherry.threads import settled

_BOOT = "import sys; sys.path += sys.argv.pop(1).split(':'); from wherry.tar.programs.{} import main; main()"
_OPTIONS = ("-I", "-S", "-X", "utf8", "-c")  # without site a process starts in half the time
_MAX_TEXT = 1 << 16
_FAILURES = {CORRUPT: CorruptLayer, REFUSED: InvalidArgument, FULL: NoSpace}


class Running(Protocol):
    """A program that runs within the block of its ``async with``."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None: ...

    async def result(self) -> str: ...


class Start(Protocol):
    """Starts a program, as the constructor of ``Child`` does."""

    def __call__(
        self, program: str, arguments: tuple[Path | str, ...], stdin: int, connection: int | None = None
    ) -> Running: ...


class Child:
    """A running program.

    ``async with`` it: at the end of the block the process is gone, killed if it has not ended.
    """

    def __init__(
        self, program: str, arguments: tuple[Path | str, ...], stdin: int, connection: int | None = None
    ) -> None:
        """Starts a program by the name of its module; it reads from the descriptor ``stdin``, which is closed here, and
        finds ``connection`` as its descriptor ``CONNECTION``.

        Raises ``InternalError`` where this host cannot start one.
        """
        self._loop = asyncio.get_running_loop()
        with explained("starting a process that works on files"):
            self._pid, self._output = _spawn(program, arguments, stdin, connection)
        try:
            self._pidfd = os.pidfd_open(self._pid)
        except BaseException:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            os.close(self._output)
            raise
        self._status: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(self._pidfd, self._reap)

    async def __aenter__(self) -> "Child":
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._status.done():
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        # However often the task is cancelled: after this block the directory is the caller's alone.
        try:
            await settled(self._status)
        finally:
            os.close(self._output)

    async def result(self) -> str:
        """Waits for the end; the text that it left when its work was done.

        CorruptLayer for a broken archive, InvalidArgument for what it refused, NoSpace on a full disk, InternalError
        where this host fails otherwise.
        """
        await self.ended()
        return told(self._status.result(), self._output)

    async def ended(self) -> None:
        await asyncio.wait((self._status,))

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        _, status = os.waitpid(self._pid, 0)
        self._status.set_result(os.waitstatus_to_exitcode(status))


def told(status: int, output: int) -> str:
    """The text that a program left; raises as ``Child.result``."""
    text = os.read(output, _MAX_TEXT).decode("utf-8", "replace")
    if status == APPLIED:
        return text
    failure = _FAILURES.get(status, InternalError)
    raise failure(text or f"the process that works on files ended with status {status}")


def _spawn(program: str, arguments: tuple[Path | str, ...], stdin: int, connection: int | None) -> tuple[int, int]:
    """The new process's ID, and the reading end of all that it writes."""
    try:
        reading, writing = os.pipe()
    except BaseException:
        os.close(stdin)
        raise
    descriptors = {0: stdin, 1: writing, 2: writing}
    if connection is not None:
        descriptors[CONNECTION] = connection
    search = ":".join(filter(None, sys.path))
    command = [sys.executable, *_OPTIONS, _BOOT.format(program), search, *(os.fspath(each) for each in arguments)]
    try:
        pid = os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in descriptors.items()],
            setsigmask=(),
            setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGTERM),
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
        os.close(stdin)
    return pid, reading


async def writable(fd: FileIO | socket) -> None:
    """When something can be written to it."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(fd, _wake, ready)
    try:
        await ready
    finally:
        loop.remove_writer(fd)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():  # a task that was just cancelled has not taken its writer away yet
        ready.set_result(None)
