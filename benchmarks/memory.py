"""What processes cost in memory: everything an engine keeps running outside its containers."""

import os
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1e6
# How a process that ended meanwhile is told of: its folder is gone, or its memory.
GONE = (FileNotFoundError, ProcessLookupError)
# An entry of /proc/PID/pagemap, kernel Documentation/admin-guide/mm/pagemap.rst: bit 63 present, bits 0-54 the frame.
ENTRY_SIZE = 8
PRESENT = 1 << 63
FRAME = (1 << 55) - 1


def family(daemon: int, roots: Iterable[Path]) -> set[int]:
    """The daemon, its descendants, and what was detached of it but names one of its ``roots`` on its command line.

    Processes in another pid namespace are the containers themselves and left out.
    """
    marks = [os.fsencode(root) for root in roots]
    parents: dict[int, int] = {}
    members = {daemon}
    for pid, parent, command in _processes():
        parents[pid] = parent
        if any(mark in command for mark in marks):
            members.add(pid)
    members |= {pid for pid in parents if _descends(pid, daemon, parents)}
    return {pid for pid in members if _namespace(pid) == _namespace(os.getpid())}


def proportional(pids: Iterable[int]) -> float:
    """PSS in MB: a page that n processes of the machine share counts 1/n (proc(5), smaps_rollup).

    A process that ended meanwhile costs nothing any more.
    """
    return sum(_proportional(pid) for pid in pids) * 1024 / MEGABYTE


def resident(pids: Iterable[int]) -> float:
    """MB of the distinct pages that the processes map together: what they would cost alone on the machine."""
    frames: set[int] = set()
    for pid in pids:
        frames.update(_frames(pid))
    return len(frames) * PAGE_SIZE / MEGABYTE


def _processes() -> Iterator[tuple[int, int, bytes]]:
    """(pid, parent, command line) of all that live; one that ends meanwhile is left out."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold anything: the fields are counted behind it.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield int(entry.name), parent, (entry / "cmdline").read_bytes()
            except GONE:
                continue


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False


def _namespace(pid: int) -> int:
    """The inode of the pid namespace; -1 if the process is gone."""
    try:
        return (PROC / str(pid) / "ns/pid").stat().st_ino
    except FileNotFoundError:
        return -1


def _proportional(pid: int) -> int:
    """kB."""
    with suppress(*GONE):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _frames(pid: int) -> Iterator[int]:
    with suppress(*GONE), (PROC / str(pid) / "pagemap").open("rb") as pagemap:
        for line in (PROC / str(pid) / "maps").read_text().splitlines():
            begin, end = (int(text, 16) for text in line.split()[0].split("-"))
            if begin >= 1 << 63:
                continue  # the vsyscall page, not of this process
            pagemap.seek(begin // PAGE_SIZE * ENTRY_SIZE)
            entries = array("Q", pagemap.read((end - begin) // PAGE_SIZE * ENTRY_SIZE))
            yield from (entry & FRAME for entry in entries if entry & PRESENT)
