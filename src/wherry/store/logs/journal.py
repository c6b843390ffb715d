"""Logs in systemd's journal: the monitor writes them there (``--log-driver journald``), journalctl(1) reads them."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from wherry.model.log import LogLine, LogRange
from wherry.store.logs.format import frames, time_text

_COMMAND: Final = ("journalctl", "--quiet", "--no-pager", "--output=json")
_CHUNK: Final = 1 << 16
_STDERR: Final = "3"  # the priority that conmon gives it; that of stdout is 6 (conmon, src/ctr_logging.c)


class _Entry(Struct):
    """A line, with its newline, or a piece of one. What is no UTF-8 comes as a list of its bytes."""

    time: str = field(name="__REALTIME_TIMESTAMP")
    cursor: str = field(name="__CURSOR")
    message: str | list[int] | None = field(name="MESSAGE", default=None)
    priority: str = field(name="PRIORITY", default="6")

    def line(self) -> LogLine:
        text = self.message or ""
        data = text.encode() if isinstance(text, str) else bytes(text)
        return LogLine(2 if self.priority == _STDERR else 1, time_text(int(self.time) * 1000), data)


_decode: Final = msgspec.json.Decoder(_Entry).decode


class Journal:
    """Readers of the journal, like those of files: the path of the log that a container would have names it."""

    async def lines(self, path: Path, which: LogRange) -> AsyncGenerator[list[LogLine], None]:
        """Batches of lines, in order, up to the journal's present end."""
        await _sync()
        async with _journalctl(*_selection(path, which)) as process:
            async for entries in _entries(process):
                if lines := _wanted(entries, which):
                    yield lines

    async def frames(self, path: Path, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        """The same without times, as multiplexed frames."""
        async for lines in self.lines(path, which):
            yield frames(lines, joined=joined)

    async def follow(
        self, path: Path, which: LogRange, ended: Awaitable[object]
    ) -> AsyncGenerator[list[LogLine], None]:
        """``lines``, then what is written later, until ``ended`` is done and the journal is read to its end."""
        ending = asyncio.ensure_future(ended)
        cursor: tuple[str, ...] = ()
        async with _journalctl(*_selection(path, which), "--follow") as process:
            ending.add_done_callback(lambda _: _stop(process))
            async for entries in _entries(process):
                cursor = (f"--after-cursor={entries[-1].cursor}",)
                if lines := _wanted(entries, which):
                    yield lines
        await _sync()
        async with _journalctl(*(cursor or _selection(path, which)), _match(path)) as process:
            async for entries in _entries(process):
                if lines := _wanted(entries, which):
                    yield lines


def _selection(path: Path, which: LogRange) -> tuple[str, ...]:
    lines = f"--lines={'all' if which.tail is None else which.tail}"
    since = (f"--since=@{which.since // 10**9}.{which.since % 10**9 // 1000:06}",) if which.since else ()
    until = (f"--until=@{which.until // 10**9}.{which.until % 10**9 // 1000:06}",) if which.until else ()
    return (lines, *since, *until, _match(path))


def _match(path: Path) -> str:
    return f"CONTAINER_ID_FULL={path.parent.name}"


def _wanted(entries: list[_Entry], which: LogRange) -> list[LogLine]:
    chosen = {stream for stream, wanted in ((1, which.stdout), (2, which.stderr)) if wanted}
    return [line for line in (entry.line() for entry in entries) if line.stream in chosen]


async def _sync() -> None:
    """What was sent to the journal is in it from now on."""
    async with _journalctl("--sync") as process:
        await process.wait()


def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()


@asynccontextmanager
async def _journalctl(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*_COMMAND, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    try:
        yield process
    finally:
        _stop(process)
        await process.wait()


async def _entries(process: Process) -> AsyncIterator[list[_Entry]]:
    assert process.stdout is not None
    half = b""
    while data := await process.stdout.read(_CHUNK):
        *whole, half = (half + data).split(b"\n")
        if whole:
            yield [_decode(line) for line in whole]
