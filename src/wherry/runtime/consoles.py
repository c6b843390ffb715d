"""The standard streams of a container (through its monitor) and of an exec session (through pipes)."""

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path

from wherry.errors import Conflict
from wherry.kernel import identity
from wherry.kernel.readiness import Writable, readable
from wherry.model.process import ProcessId

_log = logging.getLogger(__name__)

_FRAME = 8193  # the monitor sends a stream number and up to 8 KiB
_CHUNK = 1 << 16
_STDERR = 2
_UNTIL_RUNNING = 0.002  # seconds: a runtime notes the command's pid this soon after it writes anything
_STDIN_FRAME = 8192  # the monitor reads no more than this of one message
_LEFT_BEHIND = 1 << 20  # more than two pipes and a socket hold when a process ends


class MonitorConsole:
    """The attach socket of conmon: SOCK_SEQPACKET, each message a stream number (2 stdout, 3 stderr) and bytes.

    A monitor that waits for us to read does nothing else. While its process runs that slows the process down; but once
    it has ended, the monitor has to say so: what is left is taken in then, whether anybody reads it or not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left: deque[tuple[int, bytes]] = deque()
        self._receiving = asyncio.Lock()
        self._emptying: asyncio.Task[None] | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            self._socket.setblocking(False)
            self._connect(folder)
        except OSError:
            self._socket.close()
            raise
        self._writable = Writable(self._socket.fileno())

    def _connect(self, folder: Path) -> None:
        # A socket's path may have 108 bytes, a bundle's can be longer: go by a descriptor of its folder (unix(7)).
        fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._socket.connect(f"/proc/self/fd/{fd}/attach")
        finally:
            os.close(fd)

    def empty_after(self, process: ProcessId | None) -> None:
        """Tell whose end makes what is left come in; None for one that has ended."""
        self._emptying = asyncio.get_running_loop().create_task(self._empty(process))

    async def read(self) -> tuple[int, bytes]:
        if not self._left:
            async with self._receiving:
                if not self._left:
                    return await self._receive()
        return self._left.popleft()

    async def _empty(self, process: ProcessId | None) -> None:
        try:
            if process is not None:
                await identity.exited(process)
            size = 0
            while size < _LEFT_BEHIND:
                async with self._receiving:
                    stream, data = await self._receive()
                    self._left.append((stream, data))
                if not stream:
                    return
                size += len(data)
        except OSError:
            _log.exception("the monitor of %s may have to wait for its clients", self._folder.name)

    async def _receive(self) -> tuple[int, bytes]:
        while True:
            try:
                data = self._socket.recv(_FRAME)
            except BlockingIOError:
                with readable(self._socket.fileno()) as ready:
                    await ready.wait()
                continue
            except ConnectionResetError:
                return 0, b""
            return (data[0] - 1, data[1:]) if data else (0, b"")

    async def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._socket.fileno() >= 0:
            try:
                self._socket.send(view[:_STDIN_FRAME])
            except BlockingIOError:
                await self._writable.wait()
                continue
            except (BrokenPipeError, ConnectionResetError):
                return  # the container has ended: nobody reads this any more
            view = view[_STDIN_FRAME:]

    async def close_stdin(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the other side has gone: its stdin is closed already

    async def resize(self, height: int, width: int) -> None:
        resize(self._folder, height, width)

    def close(self) -> None:
        self._writable.give_up()
        if self._emptying is None or self._emptying.done():
            self._socket.close()
        else:
            self._emptying.add_done_callback(lambda _: self._socket.close())
            self._emptying.cancel()


def resize(folder: Path, height: int, width: int) -> None:
    """Tell the monitor of ``folder`` a new terminal size. Conflict if it has gone."""
    if not _command(folder, b"1 %d %d\n" % (height, width)):
        raise Conflict("cannot resize a stopped container")


def reopen_log(folder: Path) -> None:
    """Have the monitor of ``folder``, if there is one, close its log and go on in a new file of the same name."""
    _command(folder, b"2 0 0\n")


def _command(folder: Path, line: bytes) -> bool:
    """Send a command to a monitor (conmon's ``src/ctrl.c``, ``ctrl_cb``). False if it has gone."""
    try:
        fd = os.open(folder / "ctl", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(fd, line)
    finally:
        os.close(fd)
    return True


class PipeConsole:
    """Three pipes, ours to the child's 0, 1 and 2. ``stdin`` is None where nothing is to be sent.

    The child is a runtime that becomes the command: ``running`` says whether it has. What it writes to stderr before
    is its own complaint, and held back.
    """

    def __init__(self, stdin: int | None, stdout: int, stderr: int, running: Callable[[], bool]) -> None:
        self._stdin = stdin
        self._writable = Writable(-1 if stdin is None else stdin)
        self._running = running
        self._outputs = {1: stdout, 2: stderr}
        self._ended = False
        self._failed = False
        self._wake = asyncio.Event()
        for fd in (stdout, stderr, *(() if stdin is None else (stdin,))):
            os.set_blocking(fd, False)

    def end(self, *, failed: bool = False) -> None:
        """The process has ended: what is in the pipes is all there will be, whoever else holds them open.

        ``failed``: it never became the command, and what it wrote is nobody's output.
        """
        self._ended, self._failed = True, failed
        self._wake.set()

    def held_back(self) -> str:
        """What the runtime has said for itself, where it has not become the command."""
        try:
            return os.read(self._outputs[_STDERR], _CHUNK).decode(errors="replace").strip()
        except (BlockingIOError, KeyError):  # nothing, or nobody listens any more
            return ""

    async def read(self) -> tuple[int, bytes]:
        while self._outputs and not self._failed:
            for stream, fd in tuple(self._outputs.items()):
                if stream == _STDERR and not self._ended and not self._running():
                    continue
                try:
                    data = os.read(fd, _CHUNK)
                except BlockingIOError:
                    if not self._ended:
                        continue
                    data = b""
                if data:
                    return stream, data
                os.close(self._outputs.pop(stream))
            if self._outputs and not self._ended:
                await self._readable()
        return 0, b""

    async def _readable(self) -> None:
        self._wake.clear()
        with readable(*self._outputs.values(), event=self._wake):
            await self._wake.wait()
        if not self._ended and not self._running():
            await asyncio.sleep(_UNTIL_RUNNING)

    async def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._stdin is not None:
            try:
                view = view[os.write(self._stdin, view) :]
            except BlockingIOError:
                await self._writable.wait()
            except BrokenPipeError:
                await self.close_stdin()

    async def close_stdin(self) -> None:
        self._close_stdin()

    async def resize(self, height: int, width: int) -> None:
        raise Conflict("the exec session has no terminal")

    def close(self) -> None:
        for fd in self._outputs.values():
            os.close(fd)
        self._outputs.clear()
        self._close_stdin()

    def _close_stdin(self) -> None:
        if self._stdin is not None:
            self._writable.give_up()
            os.close(self._stdin)
            self._stdin = None
