"""Child processes: posix_spawn(3), waited for by pidfd on the event loop.

``asyncio.create_subprocess_exec`` is not used: on uvloop it forks the whole daemon (2 to 4 ms, growing with its
size), and both need a child watcher. posix_spawn(3) uses vfork semantics and takes 0.6 ms whatever the size.

A child gets the descriptors it is given and no others: all descriptors that Python opens are close-on-exec (PEP 446).
"""

import asyncio
import fcntl
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

import msgspec

ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""What programs of the host get from us: nothing of our own, and no language but the one we can read."""

# Python ignores these; an ignored signal would stay ignored in the child (signal(7)).
_DEFAULT_SIGNALS: Final = (signal.SIGPIPE, signal.SIGXFSZ)
PIPE_SIZE: Final = 65536
"""All that a pipe holds, unless it is told to hold more: pipe(7)."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended: exit code (−N: killed by signal N) and the beginnings of what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes
    truncated: bool = False
    """Whether it wrote more than was kept."""


class Child:
    """A running child process. It is reaped when it ends, whether somebody waits or not."""

    def __init__(self, pid: int, loop: asyncio.AbstractEventLoop) -> None:
        self.pid = pid
        self._loop = loop
        self._exit: asyncio.Future[int] = self._loop.create_future()
        self._pidfd = os.pidfd_open(pid)
        self._loop.add_reader(self._pidfd, self._reap)

    async def wait(self) -> int:
        """Its exit code; −N if signal N killed it. Many may wait, and giving up does no harm."""
        return await asyncio.shield(self._exit)

    def send_signal(self, signum: int) -> bool:
        """False if it has ended already."""
        if self._exit.done():
            return False
        signal.pidfd_send_signal(self._pidfd, signum)
        return True

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        try:
            _pid, status = os.waitpid(self.pid, 0)
        except ChildProcessError as error:  # somebody else reaped it
            self._exit.set_exception(error)
        else:
            self._exit.set_result(os.waitstatus_to_exitcode(status))


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    executable: str | None = None,
    fds: Mapping[int, int] | None = None,
) -> Child:
    """Starts a program on the running event loop.

    ``executable``: the file to run if not ``argv[0]``; a name without a slash is looked for in our PATH.
    ``fds``: the child's descriptors, number there → descriptor here; 0, 1 and 2 are /dev/null if not among them.
    Raises OSError if the program cannot be executed.
    """
    loop = asyncio.get_running_loop()
    program = executable or argv[0]
    launch = os.posix_spawn if "/" in program else os.posix_spawnp
    with ExitStack() as opened:
        actions = _file_actions(fds or {}, opened)
        try:
            pid = launch(
                program,
                list(argv),
                env,
                file_actions=actions,
                setsigmask=(),
                setsigdef=_DEFAULT_SIGNALS,
            )
        except OSError as error:
            raise OSError(error.errno, f"execute {program}: {error.strerror}") from None
    return Child(pid, loop)


async def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    executable: str | None = None,
    stdin: bytes = b"",
    limit: int = 1 << 20,
) -> Completed:
    """Runs a program to its end; of each output the first ``limit`` bytes are kept.

    Its own end counts: what processes it left behind write later is not waited for. If this is cancelled the
    program is killed, and reaped before the cancellation goes on.
    """
    with ExitStack() as opened:
        stdout, child_stdout = _pipe(opened)
        stderr, child_stderr = _pipe(opened)
        fds = {0: _file_of(stdin, opened), 1: child_stdout, 2: child_stderr}
        child = spawn(argv, env=env, executable=executable, fds=fds)
        outputs = _Output(stdout, limit), _Output(stderr, limit)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.send_signal(signal.SIGKILL)
            await child.wait()
            raise
        finally:
            for output in outputs:
                output.stop()
    return Completed(
        code=code,
        stdout=bytes(outputs[0].kept),
        stderr=bytes(outputs[1].kept),
        truncated=any(output.truncated for output in outputs),
    )


class _Output:
    """Reads a pipe as data comes in, keeps the first ``limit`` bytes and drops the rest."""

    def __init__(self, fd: int, limit: int) -> None:
        self.kept = bytearray()
        self.truncated = False
        self._fd, self._limit = fd, limit
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(fd, self._read)

    def stop(self) -> None:
        """Takes what is in the pipe by now, and no more."""
        self._loop.remove_reader(self._fd)
        self._read()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, PIPE_SIZE)
        except BlockingIOError:
            return
        room = self._limit - len(self.kept)
        self.kept += data[:room]
        self.truncated |= len(data) > room


def _pipe(opened: ExitStack) -> tuple[int, int]:
    """A pipe whose reading end does not block and, as we keep the writing end, never sees its end."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    opened.callback(os.close, reader)
    opened.callback(os.close, writer)
    os.set_blocking(reader, False)
    return reader, writer


def _file_of(data: bytes, opened: ExitStack) -> int:
    """A descriptor to read ``data`` from, of any size and without anybody to feed it: a file in memory."""
    fd = os.memfd_create("stdin", os.MFD_CLOEXEC)
    opened.callback(os.close, fd)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _file_actions(fds: Mapping[int, int], opened: ExitStack) -> list[tuple[Any, ...]]:
    """Steps that put each descriptor at its number in the child.

    A source that is itself one of the numbers would be overwritten before its turn (or, at its own number, keep
    its close-on-exec flag): such sources are copied out of the way first.
    """
    actions: list[tuple[Any, ...]] = [
        (os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2) if number not in fds
    ]
    taken = {*fds, 0, 1, 2}
    for number, source in fds.items():
        safe = source
        if source in taken:
            safe = fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, max(taken) + 1)
            opened.callback(os.close, safe)
        actions.append((os.POSIX_SPAWN_DUP2, safe, number))
    return actions
