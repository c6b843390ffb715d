"""Which process is meant: a pid alone is reused, a pid with its start time and boot is not.

For processes that are not our children: ask whether they live, wait for their end, signal them, all without a race
against a reused pid. A zombie counts as gone.

Sources: proc_pid_stat(5), proc_tid_children(5), pidfd_open(2), ``/proc/sys/kernel/random/boot_id`` in random(4).
"""

import errno
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from wherry.kernel.readiness import readable
from wherry.model.process import ProcessId

# EINVAL (ENOENT since Linux 6.9): the number belongs to a thread now.
_NO_SUCH_PROCESS: Final = (errno.ESRCH, errno.EINVAL, errno.ENOENT)


@cache
def boot_id() -> str:
    """The kernel's random name of this boot."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def identify(pid: int) -> ProcessId:
    """The identity of a running process. ProcessLookupError if there is none of that pid."""
    start_time = _start_time(pid)
    if start_time is None:
        raise ProcessLookupError(f"identify process {pid}: no such process")
    return ProcessId(pid=pid, start_time=start_time, boot_id=boot_id())


def parent(process: ProcessId) -> ProcessId | None:
    """The process that will be told of its end; None if either is gone."""
    fields = _stat_fields(process.pid)
    return _identified(int(fields[1])) if fields else None


def session_leaders(pid: int) -> frozenset[ProcessId]:
    """The children of a process that lead sessions of their own. None where the kernel does not list children."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return frozenset()
    stats = {child: _stat_fields(child) for child in map(int, listed.split())}
    return frozenset(
        ProcessId(pid=child, start_time=int(fields[19]), boot_id=boot_id())
        for child, fields in stats.items()
        if fields and int(fields[3]) == child
    )


def with_arguments(*arguments: str) -> frozenset[ProcessId]:
    """The processes that have all these ``arguments`` in their command lines, among others."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    suspects = [process for pid in pids if _has(pid, arguments) and (process := _identified(pid))]
    return frozenset(process for process in suspects if _has(process.pid, arguments))


def name(process: ProcessId) -> str:
    """What the process calls itself, at most 15 bytes (comm in proc_pid_comm(5)); "" if it is gone."""
    try:
        return Path(f"/proc/{process.pid}/comm").read_text().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(process: ProcessId) -> bool:
    """Whether the process runs; False for a zombie, for another process of that pid and for an earlier boot."""
    with opened(process) as fd:
        return fd is not None and not ended(fd)


def send_signal(process: ProcessId, signum: int) -> bool:
    """Signals exactly this process. False if it is gone."""
    with opened(process) as fd:
        if fd is None:
            return False
        try:
            signal.pidfd_send_signal(fd, signum)
        except ProcessLookupError:
            return False
        return True


async def exited(process: ProcessId) -> None:
    """Returns when the process is gone, at once if it is already. Its exit status is for its parent alone."""
    with opened(process) as fd:
        if fd is None:
            return
        with readable(fd) as gone:
            await gone.wait()


@contextmanager
def opened(process: ProcessId) -> Iterator[int | None]:
    """A pidfd of the process, None if it is gone.

    The pidfd is opened first: if the start time still fits then, the pid has not changed hands before.
    """
    if process.boot_id != boot_id():
        yield None
        return
    try:
        fd = os.pidfd_open(process.pid)
    except OSError as error:
        if error.errno not in _NO_SUCH_PROCESS:
            raise
        yield None
        return
    try:
        yield fd if _start_time(process.pid) == process.start_time else None
    finally:
        os.close(fd)


def ended(fd: int) -> bool:
    """Whether the process of a pidfd is gone, or a zombie."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _identified(pid: int) -> ProcessId | None:
    try:
        return identify(pid)
    except ProcessLookupError:
        return None


def _has(pid: int, arguments: tuple[str, ...]) -> bool:
    """One that is gone has none, nor has a zombie."""
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return all(argument.encode() in told for argument in arguments)


def _start_time(pid: int) -> int | None:
    fields = _stat_fields(pid)
    return int(fields[19]) if fields else None


def _stat_fields(pid: int) -> list[bytes] | None:
    """Fields 3 and up of /proc/PID/stat; the command in field 2 may hold spaces and parentheses."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat[stat.rindex(b")") + 2 :].split()
