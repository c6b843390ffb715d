"""Layers: changesets applied to directories, and directories read as changesets."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wherry.model.change import ChangeKind, PathChange
from wherry.model.image import Applied
from wherry.store.failures import explained
from wherry.store.layers.gzip import gzipped
from wherry.store.programs.children import Child, Start
from wherry.store.programs.intake import poured
from wherry.store.trees.descriptors import closing_fd
from wherry.tar import pack
from wherry.tar.layers import changes
from wherry.threads import LoneThread, settled

_KINDS: Final = tuple(ChangeKind)
_PAUSE: Final = 0.1  # seconds between two looks at how far a layer is


class Layers:
    """Applies layers and makes them. It keeps no state."""

    def __init__(self, start: Start = Child) -> None:
        self._start = start

    async def apply(self, source: AsyncIterable[bytes], into: Path, parents: tuple[Path, ...] = ()) -> Applied:
        """Applies a layer, compressed or plain, to the empty directory ``into``, in overlayfs's form.

        ``parents`` are the directories of the layers below, the uppermost first; they are only read. When this
        raises or is cancelled no process is left, and removing what ``into`` holds by then is the caller's.
        Raises ``CorruptLayer`` for a broken layer, ``NoSpace`` on a full disk, ``InternalError`` where
        this host fails otherwise.
        """
        return _applied(await poured(self._start, "layer", (into, "", "", *parents), source))

    async def apply_file(
        self,
        blob: Path,
        into: Path,
        parents: tuple[Path, ...] = (),
        diff_id: str = "",
        below: Callable[[], Awaitable[None]] | None = None,
        passed: Callable[[int], None] | None = None,
    ) -> Applied:
        """``apply`` for a layer in a file, which the child reads by itself.

        ``diff_id``: what it is known to be, of a plain layer; it is believed. ``below``: until what it gives is done
        the parents are not complete, and the child does without them as long as it can. ``passed`` is told now and
        then, and in the end, how many bytes of the blob it has read.
        """
        with _gate() as (gate, open_gate), _opened(blob, passed) as stdin:
            async with self._start("layer", (into, diff_id, "gated", *parents), os.dup(stdin), gate) as process:
                if below is not None:
                    await below()
                open_gate()
                return _applied(await process.result())

    def diff(self, upper: Path) -> AsyncGenerator[bytes, None]:
        """The changeset that an overlay's upper directory stands for, as plain tar; see ``tar.pack.diff``."""
        return streamed(pack.diff(os.fspath(upper)), upper)

    def gzip(self, source: Path, diff_id: str) -> AsyncGenerator[bytes, None]:
        """A layer's directory or blob as gzip; see ``gzip.gzipped``."""
        return streamed(gzipped(source, diff_id), source)

    def pack(self, tree: Path) -> AsyncGenerator[bytes, None]:
        """A tree as plain tar, its own directory not included."""
        return streamed(pack.pack(os.fspath(tree)), tree)

    def pack_merged(self, trees: tuple[Path, ...]) -> AsyncGenerator[bytes, None]:
        """What an overlay of these directories, the uppermost first, shows, as plain tar."""
        return streamed(pack.pack_merged(tuple(map(os.fspath, trees))), trees[0])

    async def changes(self, upper: Path, lowers: tuple[Path, ...]) -> tuple[PathChange, ...]:
        """What ``upper`` changes in the layers below, the uppermost first; see ``tar.layers.changes``."""
        with explained(f"reading {upper}"):
            found = await asyncio.to_thread(changes.changes, os.fspath(upper), tuple(map(os.fspath, lowers)))
        return tuple(PathChange(path, _KINDS[kind]) for path, kind in found)


@contextmanager
def _gate() -> Iterator[tuple[int, Callable[[], None]]]:
    """A descriptor whose end can be read from when the function was called, or the block was left."""
    with explained("starting a process that works on files"):
        reading, writing = os.pipe()
    with open(writing, "wb") as file:
        try:
            yield reading, file.close
        finally:
            os.close(reading)


@contextmanager
def _opened(blob: Path, passed: Callable[[int], None] | None) -> Iterator[int]:
    """A descriptor of a blob. ``passed`` is told how far whoever has a copy of it has read: copies have one offset."""
    with explained(f"open {blob}"):
        fd = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
    with closing_fd(fd):
        if passed is None:
            yield fd
            return
        watch = _Watch(fd, passed)
        try:
            yield fd
            watch.look()
        finally:
            watch.end()


class _Watch:
    """Tells the offset of a descriptor, now and again and again until the end."""

    def __init__(self, fd: int, tell: Callable[[int], None]) -> None:
        self._fd = fd
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._again()

    def look(self) -> None:
        self._tell(os.lseek(self._fd, 0, os.SEEK_CUR))

    def end(self) -> None:
        self._next.cancel()

    def _again(self) -> None:
        self.look()
        self._next = self._loop.call_later(_PAUSE, self._again)


def _applied(text: str) -> Applied:
    diff_id, size, entries = text.split()
    return Applied(diff_id=diff_id, size=int(size), entries=int(entries))


async def streamed(chunks: Generator[bytes, None, None], tree: Path) -> AsyncGenerator[bytes, None]:
    """The chunks, each made in a thread while its consumer is busy with the one before."""
    thread = LoneThread()
    ahead = thread.begin(next, chunks, b"")
    try:
        with explained(f"reading {tree}"):
            while chunk := await settled(ahead):
                ahead = thread.begin(next, chunks, b"")
                yield chunk
    finally:
        await asyncio.wait((ahead,))  # a generator cannot be closed while a thread is in it
        ahead.exception()  # was raised above, or comes too late for a consumer that has left
        chunks.close()
        thread.end()
