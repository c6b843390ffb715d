"""Logs: what containers wrote, read from the files that their monitors keep."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wherry.model.log import LogLine, LogRange
from wherry.store.failures import explained
from wherry.store.logs import rotation
from wherry.store.logs.format import frames
from wherry.store.logs.forwarding import UnforwardedReader
from wherry.store.logs.inotify import Watcher
from wherry.store.logs.selection import LogReader
from wherry.threads import Threads

_PAUSE = 0.1  # seconds


class Logs:
    """Readers of log files, and their rotation. A file that is not there has no lines."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._watcher = Watcher()

    async def lines(self, path: Path, which: LogRange) -> AsyncGenerator[list[LogLine], None]:
        """Batches of lines, in order, up to the file's present end."""
        reader = LogReader(path, which)
        try:
            while lines := await self._threads.run(reader.lines):
                yield lines
            if rest := reader.rest():
                yield rest
        finally:
            reader.close()

    async def frames(self, path: Path, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        """The same without times, as multiplexed frames: some 100 kB of them at a time."""
        reader = LogReader(path, which)
        try:
            while data := await self._threads.run(reader.frames, joined):
                yield data
            if rest := reader.rest():
                yield frames(rest, joined=joined)
        finally:
            reader.close()

    async def follow(
        self, path: Path, which: LogRange, ended: Awaitable[object]
    ) -> AsyncGenerator[list[LogLine], None]:
        """``lines``, then what is written later, until ``ended`` is done and the file is read to its end. A line comes
        when it is whole; one without an end comes last."""
        ending = asyncio.ensure_future(ended)
        try:
            if path.parent.is_dir():
                async for lines in self._follow(path, which, ending):
                    yield lines
        finally:
            if ending is not ended:
                ending.cancel()

    async def unforwarded(self, path: Path, ended: asyncio.Future[None]) -> AsyncGenerator[list[LogLine], None]:
        """What was not taken of the log, and what is written later, until ``ended`` is done and the log is read to its
        end. Lines are taken when the next are asked for: that is noted. A log that is written much is looked at every
        ``_PAUSE``."""
        reader = UnforwardedReader(path)
        try:
            while not ended.done():
                while lines := await self._threads.run(reader.lines):
                    yield lines
                if lines := await self._next(path, reader, ended):
                    yield lines
                else:
                    await asyncio.wait((ended,), timeout=_PAUSE)
            while lines := await self._threads.run(reader.lines):
                yield lines
            if rest := reader.rest():
                yield rest
                await self._threads.run(reader.lines)
        finally:
            reader.close()

    async def _next(self, path: Path, reader: UnforwardedReader, ended: asyncio.Future[None]) -> list[LogLine]:
        """Lines that came since they were asked for, or else none, as soon as something has changed. Nobody watches
        while lines are on their way: a busy log would wake the engine for nothing."""
        with explained(f"watch {path}"), self._watcher.watch(path.parent) as changed, _woken(changed, ended):
            lines = await self._threads.run(reader.lines)
            if not lines:
                await changed.wait()
            return lines

    async def outgrown(self, path: Path, size: int) -> None:
        """Wait until the file that is written has more than ``size`` bytes. A log that nobody writes costs nothing; one
        that is written much is looked at every ``_PAUSE``."""
        while True:
            with explained(f"watch {path}"), self._watcher.watch(path.parent) as changed:
                if _size(path) > size:
                    return
                await changed.wait()
            await asyncio.sleep(_PAUSE)

    async def rotate(self, path: Path, kept: int) -> None:
        """Put the file that is written aside, and remove the oldest of those put aside but ``kept``."""
        await self._threads.run(rotation.rotate, path, kept)

    async def begun(self, path: Path, otherwise: Callable[[], Awaitable[None]]) -> None:
        """See that there is a file that is written: do ``otherwise`` if not, and wait for it."""
        with explained(f"watch {path}"), self._watcher.watch(path.parent) as changed:
            if not path.exists():
                await otherwise()
            while not path.exists():
                await changed.wait()
                changed.clear()

    async def pack(self, path: Path) -> None:
        """Compress the files that were put aside."""
        await self._threads.run(rotation.pack, path)

    async def _follow(
        self, path: Path, which: LogRange, ending: asyncio.Future[object]
    ) -> AsyncIterator[list[LogLine]]:
        with explained(f"follow {path}"), self._watcher.watch(path.parent) as changed, _woken(changed, ending):
            reader = LogReader(path, which, follow=True)
            try:
                while True:
                    last = ending.done()  # asked before reading: what was written until then is read
                    changed.clear()
                    while lines := await self._threads.run(reader.lines):
                        yield lines
                    if last or reader.over:
                        break
                    await changed.wait()
                if rest := reader.rest():
                    yield rest
            finally:
                reader.close()


@contextmanager
def _woken(changed: asyncio.Event, ended: asyncio.Future[Any]) -> Iterator[None]:
    """The end counts as a change."""

    def wake(_: object) -> None:
        changed.set()

    ended.add_done_callback(wake)
    try:
        yield
    finally:
        ended.remove_done_callback(wake)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
