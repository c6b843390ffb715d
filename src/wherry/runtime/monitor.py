"""conmon: the small process that holds a container or an exec session, writes its log and leaves its exit code.

It is started with ``--sync``: a direct child, which we reap; when the daemon dies it goes on and its exit file tells
the next daemon what happened (conmon(8)). The pipe in ``_OCI_SYNCPIPE`` carries one JSON line: the pid, or -1 and a
message.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from wherry.errors import NotSupported, RuntimeFailure
from wherry.kernel import identity
from wherry.kernel.processes import ENVIRONMENT, Child, run, spawn
from wherry.kernel.readiness import readable
from wherry.model.launch import Launch
from wherry.model.process import ProcessId
from wherry.runtime import wrappers

_SYNC_FD = 30
_START_FD = 31
_ATTACH_FD = 32
_WITHOUT_FILE = ("none", "journald")
_REPORTING = 1.0  # seconds; more than a monitor needs to report when its runtime has ended
_CLOCK_SLACK = 1.0  # seconds: the two times come from clocks of different grain


async def monitor_version() -> str:
    """The version of conmon. NotSupported if it is not installed."""
    try:
        answer = await run(["conmon", "--version"], env=ENVIRONMENT)
    except FileNotFoundError as error:
        raise NotSupported("conmon is not installed: it holds containers that must outlive the engine") from error
    return answer.stdout.decode().partition("\n")[0].rpartition(" ")[2]


class Seat(Struct, frozen=True, kw_only=True):
    """What a monitor needs besides the session: its runtime's command and state, its bundle, where exits go."""

    runtime: str
    state_root: Path
    bundle: Path
    exits: Path

    @property
    def runtime_log(self) -> Path:
        return self.bundle / "runtime.log"

    @property
    def pidfile(self) -> Path:
        return self.bundle / "pidfile"

    def begun(self) -> bool:
        """Whether the pid of the command has been noted."""
        try:
            return self.pidfile.stat().st_size > 0
        except FileNotFoundError:
            return False

    def runtime_options(self) -> tuple[str, ...]:
        return f"--root={self.state_root}", f"--log={self.runtime_log}", "--log-format=json"

    def monitor_argv(self, container_id: str, session_id: str, name: str, wrapper: Sequence[str] = ()) -> list[str]:
        """``wrapper`` is a command that becomes the runtime, which follows in its arguments."""
        program, *arguments = *wrapper, self.runtime
        argv = ["conmon", "--api-version", "1", "--sync", "--no-sync-log", "--full-attach", "--log-level", "error"]
        argv += ["-c", container_id, "-u", session_id, "-n", name, "-r", program, "-b", str(self.bundle)]
        argv += ["-p", str(self.pidfile), "--exit-dir", str(self.exits)]
        argv += ["--persist-dir", str(self.bundle)]  # where it notes an OOM kill
        for argument in (*arguments, *self.runtime_options()):
            argv += ["--runtime-arg", argument]
        return argv


def container_argv(seat: Seat, launch: Launch) -> list[str]:
    """The monitor's command line for a container."""
    argv = seat.monitor_argv(launch.container_id, launch.container_id, launch.name, wrappers.of_container(launch))
    argv += ["-l", launch.log_driver if launch.log_driver in _WITHOUT_FILE else f"k8s-file:{launch.log}"]
    argv += ["--log-tag", launch.log_tag] if launch.log_tag else []
    argv += ["--log-size-max", str(launch.log_size)] if launch.log_size else []
    argv += ["-t"] * launch.tty + ["-i"] * launch.open_stdin
    # With a terminal the monitor would lose its end of it when the daemon dies, if it may close stdin.
    argv += ["--leave-stdin-open"] * (launch.tty or launch.keep_stdin_open)
    return argv


def _boot_time() -> float:
    """When the machine was booted, as the clock has it now: seconds since the epoch."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


_BOOTED = _boot_time()


def noted_process(pidfile: Path) -> ProcessId | None:
    """The living process whose pid a monitor wrote to ``pidfile``, None if there is none.

    A pid that was given to another process since is told by its start: it began after the note was written.
    """
    try:
        process = identity.identify(int(pidfile.read_text()))
        written = pidfile.stat().st_mtime
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    booted = min(_BOOTED, _boot_time())  # set forward or back meanwhile, the clock makes nobody a stranger
    began = booted + process.start_time / os.sysconf("SC_CLK_TCK")
    return process if began <= written + _CLOCK_SLACK else None


class Monitor:
    """A monitor that has been loaded and waits, before it has the runtime do anything. To be closed."""

    def __init__(self, argv: Sequence[str], bundle: Path) -> None:
        with ExitStack() as undo, ExitStack() as passed:
            environment = {**undo.enter_context(_environment(bundle)), "_OCI_STARTPIPE": str(_START_FD)}
            self._start, start_read = pipe(undo, passed, writing=True)
            pipes = {_START_FD: start_read} | self._more_pipes(environment, undo, passed)
            self.child, self._sync = _start(argv, environment, pipes)
            undo.callback(os.close, self._sync)
            self._opened = undo.pop_all()

    async def go(self) -> tuple[int, str]:
        """Let it go on: the pid that the runtime made and "", or -1 and why not."""
        self._let_go()
        return await _first_report(self._sync, self.child)

    def close(self) -> None:
        """Give up the pipes to the monitor."""
        self._opened.close()

    async def give_up(self) -> None:
        """End one that still waits."""
        self.child.send_signal(signal.SIGKILL)
        self.close()
        await self.child.wait()

    def _let_go(self) -> None:
        with suppress(BrokenPipeError):  # somebody killed it: it has no more to tell
            os.write(self._start, b"\0")

    def _more_pipes(self, environment: dict[str, str], ours: ExitStack, theirs: ExitStack) -> dict[int, int]:
        return {}


class ExecMonitor(Monitor):
    """A monitor of an exec session, which waits to be joined as well."""

    async def joinable(self) -> None:
        """Wait until the attach socket listens."""
        self._let_go()
        await _line(self._attach)

    def _more_pipes(self, environment: dict[str, str], ours: ExitStack, theirs: ExitStack) -> dict[int, int]:
        environment["_OCI_ATTACHPIPE"] = str(_ATTACH_FD)
        self._attach, attach_write = pipe(ours, theirs)
        return {_ATTACH_FD: attach_write}


def pipe(ours: ExitStack, theirs: ExitStack, *, writing: bool = False) -> tuple[int, int]:
    """A pipe: the end that we keep, which is the reading one unless we are ``writing``, and the one to pass on."""
    kept, passed = reversed(os.pipe2(os.O_CLOEXEC)) if writing else os.pipe2(os.O_CLOEXEC)
    ours.callback(os.close, kept)
    theirs.callback(os.close, passed)
    return kept, passed


@contextmanager
def _environment(bundle: Path) -> Iterator[Mapping[str, str]]:
    """What a monitor gets, for as long as it may wait for its runtime to hand it a terminal.

    The socket for that is a temporary file, which it leaves where it or the runtime is killed: so it goes with the
    bundle, and not into everybody's /tmp. A socket's path may have 108 bytes, hence the detour (unix(7)).
    """
    fd = os.open(bundle, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield {**ENVIRONMENT, "TMPDIR": f"/proc/{os.getpid()}/fd/{fd}"}
    finally:
        os.close(fd)


def _start(
    argv: Sequence[str], environment: Mapping[str, str], fds: Mapping[int, int] | None = None
) -> tuple[Child, int]:
    sync_read, sync_write = os.pipe2(os.O_CLOEXEC)
    try:
        env = {**environment, "_OCI_SYNCPIPE": str(_SYNC_FD)}
        child = spawn(argv, env=env, fds={_SYNC_FD: sync_write, **(fds or {})})
    except FileNotFoundError as error:
        os.close(sync_read)
        raise RuntimeFailure("conmon is not installed: containers cannot be started") from error
    except OSError:
        os.close(sync_read)
        raise
    finally:
        os.close(sync_write)
    return child, sync_read


async def _first_report(sync: int, monitor: Child) -> tuple[int, str]:
    watching = asyncio.get_running_loop().create_task(_end_orphan(monitor))
    try:
        line = await _line(sync)
    finally:
        watching.cancel()
    if not line:
        return -1, ""
    report = msgspec.json.decode(line.partition(b"\n")[0])  # a session that ended at once has told its exit code too
    return int(report["data"]), str(report.get("message", ""))


async def _end_orphan(monitor: Child) -> None:
    """Kill the process of a runtime that was killed after it had made it.

    The monitor wants to hear the reason first, by a pipe that this process holds open: it would say nothing for ever.
    The process leads a session, which the runtime does not. It becomes the monitor's child when the runtime has ended,
    and soon after that the monitor has all it needs to report.
    """
    suspects = frozenset[ProcessId]()
    while True:
        await asyncio.sleep(_REPORTING)
        orphans = identity.session_leaders(monitor.pid)
        for process in suspects & orphans:
            identity.send_signal(process, signal.SIGKILL)
        suspects = orphans


async def _line(fd: int) -> bytes:
    """One line from a pipe, "" at its end."""
    os.set_blocking(fd, False)
    buffer = b""
    with readable(fd) as ready:
        while b"\n" not in buffer:
            await ready.wait()
            ready.clear()
            data = os.read(fd, 1 << 16)
            if not data:
                break
            buffer += data
    return buffer
