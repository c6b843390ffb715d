"""Exec sessions. One with attached pipes is a plain child; one with a terminal, or detached, has a monitor.

A runtime's ``exec`` in the foreground passes the command's exit code on; whether it failed itself shows in its log.
"""

import asyncio
import fcntl
import os
import shutil
import signal
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

from wherry.kernel import identity
from wherry.kernel.processes import ENVIRONMENT, PIPE_SIZE, Child, spawn
from wherry.model.launch import ExecLaunch
from wherry.model.process import ProcessId
from wherry.runtime import wrappers
from wherry.runtime.consoles import MonitorConsole, PipeConsole
from wherry.runtime.failures import classify, read_log
from wherry.runtime.monitor import ExecMonitor, Seat, noted_process, pipe

_DOCUMENT_FD = 3
_CLIENTS_FIRST = 0.02  # seconds


def _exit_code(status: int) -> int:
    return 128 - status if status < 0 else status


def _remove_later(folder: Path) -> None:
    """When whoever waits for the session's end has been told: on a disk this takes longer than the rest of that. What
    an engine that dies leaves goes with its container."""
    asyncio.get_running_loop().call_later(_CLIENTS_FIRST, partial(shutil.rmtree, folder, ignore_errors=True))


def _kill(process: ProcessId | None) -> None:
    """End a command that somebody took the holder of: nobody would hear of its end, or have its streams."""
    if process is not None:
        identity.send_signal(process, signal.SIGKILL)


class PipedSession:
    """A command on three pipes, child of its runtime, which is ours. The runtime waits for the process object, which
    comes by a fourth pipe: without one it fails."""

    def __init__(self, seat: Seat, child: Child, console: PipeConsole, document: int) -> None:
        self._seat, self._child, self.console, self._document = seat, child, console, document
        self._command = ""

    @classmethod
    def open(cls, seat: Seat, launch: ExecLaunch) -> "PipedSession":
        """Start the runtime: of what ``launch`` says any session and any command may come of it. What goes wrong inside
        of it shows when it is waited for. One that does not start leaves no folder."""
        argv = [*wrappers.of_session(launch), seat.runtime, *seat.runtime_options()]
        argv += ["exec", "--pid-file", str(seat.pidfile)]
        argv += ["--process", f"/proc/self/fd/{_DOCUMENT_FD}", launch.container_id]
        with ExitStack() as undo, ExitStack() as passed:
            undo.callback(shutil.rmtree, seat.bundle, ignore_errors=True)
            our_document, document = pipe(undo, passed, writing=True)
            our_stdin, stdin = pipe(undo, passed, writing=True) if launch.stdin else (None, None)
            our_stdout, stdout = pipe(undo, passed)
            our_stderr, stderr = pipe(undo, passed)
            streams = {1: stdout, 2: stderr} | ({0: stdin} if stdin is not None else {})
            if launch.remapped:
                for stream in streams.values():
                    os.fchmod(stream, wrappers.OPEN_TO_ALL)
            child = spawn(argv, env=ENVIRONMENT, fds=streams | {_DOCUMENT_FD: document})
            undo.pop_all()
        console = PipeConsole(our_stdin, our_stdout, our_stderr, seat.begun)
        return cls(seat, child, console, our_document)

    def begin(self, process: bytes, command: str) -> None:
        """Have the runtime run what ``process`` says; ``command`` is what that is, for complaints."""
        self._command = command
        with open(self._document, "wb", buffering=0) as document, suppress(BrokenPipeError):  # then ``wait`` tells why
            fcntl.fcntl(document, fcntl.F_SETPIPE_SZ, max(len(process), PIPE_SIZE))  # or we would wait for the runtime
            document.write(process)

    def close(self) -> None:
        """Give up a session that was not begun: the runtime fails, for want of a process."""
        os.close(self._document)
        self.console.close()

    async def ended(self) -> None:
        """When the runtime, and with it the command, has ended."""
        await self._child.wait()

    async def given_up(self) -> None:
        """When one that was closed has ended, with nothing left of it."""
        await self.ended()
        shutil.rmtree(self._seat.bundle, ignore_errors=True)

    @property
    def process(self) -> ProcessId | None:
        return noted_process(self._seat.pidfile)

    async def wait(self) -> int:
        """Exit code of the command. CommandNotFound, CommandNotInvokable or RuntimeFailure if it never ran."""
        status = await self._child.wait()
        ran = self._seat.begun()
        complaint = "" if ran else read_log(self._seat.runtime_log) or self.console.held_back()
        if status < 0:
            _kill(self.process)
        _remove_later(self._seat.bundle)
        failed = bool(complaint) or (status < 0 and not ran)
        self.console.end(failed=failed)
        if failed:
            raise classify("exec", complaint, self._command)
        return _exit_code(status)


class MonitoredSession:
    """A command under a monitor of its own: it has a terminal, or lives on without us."""

    def __init__(
        self, seat: Seat, child: Child, console: MonitorConsole, process: ProcessId | None, container_id: str
    ) -> None:
        self._seat, self._child, self.console, self.process = seat, child, console, process
        self._exit = seat.exits / container_id

    @classmethod
    async def open(cls, seat: Seat, launch: ExecLaunch, process: bytes) -> "MonitoredSession":
        """Start it, joined before it runs. Raises what PipedSession.wait raises if the command cannot run."""
        document = seat.bundle / "process.json"
        document.write_bytes(process)
        wrapper = wrappers.of_monitored_session(launch)
        argv = seat.monitor_argv(launch.container_id, launch.exec_id, launch.container_id, wrapper)
        argv += ["-l", "none", "-e", "--exec-attach", "--exec-process-spec", str(document)]
        argv += ["-t"] * launch.tty + ["-i"] * launch.stdin + ["--leave-stdin-open"] * launch.tty
        with closing(ExecMonitor(argv, seat.bundle)) as session:
            await session.joinable()
            console = MonitorConsole(seat.bundle)
            try:
                pid, message = await session.go()
            except BaseException:
                console.close()
                raise
        if pid < 0:
            console.close()
            await session.child.wait()
            complaint = read_log(seat.runtime_log) or message
            shutil.rmtree(seat.bundle)
            raise classify("exec", complaint, launch.command)
        command = noted_process(seat.pidfile)
        console.empty_after(command)
        return cls(seat, session.child, console, command, launch.container_id)

    async def wait(self) -> int:
        """Exit code of the command."""
        status = await self._child.wait()
        try:
            # The monitor's own status is not it: conmon 2.1.6 ends with 1 where nobody hears its last report.
            return int(self._exit.read_text())
        except (FileNotFoundError, ValueError):  # it was killed before or while it wrote
            _kill(self.process)
            return _exit_code(status)
        finally:
            _remove_later(self._seat.bundle)
