"""Files of containers and volumes, and what goes in and out of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

from wherry.model.log import LogLine, LogRange
from wherry.model.mount import HostMount, MountSource, Viewed
from wherry.model.path_stat import PathStat


class ContainerFiles(Protocol):
    """The folder ``<data-root>/containers/<id>``: hosts, hostname, resolv.conf and the log."""

    def folder(self, container_id: str) -> Path: ...

    def log(self, container_id: str) -> Path: ...

    async def write(self, container_id: str, files: dict[str, str]) -> None:
        """Write small files in place (they are bind-mounted by inode), making the folder if it is not there."""
        ...

    async def read(self, container_id: str, name: str) -> str:
        """A file's text, "" if it is not there."""
        ...

    async def remove(self, container_id: str) -> None: ...

    def ids(self) -> tuple[str, ...]: ...


class LogReaders(Protocol):
    """A container's log by the path of its file, wherever it is: readable while it is written, and later."""

    def lines(self, path: Path, which: LogRange) -> AsyncGenerator[list[LogLine], None]:
        """Batches of lines, in order, up to the file's present end."""
        ...

    def frames(self, path: Path, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        """The same without times, as multiplexed frames in bulk: the fast way for ``logs`` without ``-t``. A frame is a
        line, or if ``joined`` all lines that one stream has in a row and in a piece."""
        ...

    def follow(self, path: Path, which: LogRange, ended: Awaitable[object]) -> AsyncGenerator[list[LogLine], None]:
        """``lines``, then what is written later, until ``ended`` is done and the file is read to its end."""
        ...


class Logs(LogReaders, Protocol):
    """Log files, with what of them was put aside."""

    def unforwarded(self, path: Path, ended: asyncio.Future[None]) -> AsyncGenerator[list[LogLine], None]:
        """What was not taken of the log, and what is written later, until ``ended`` is done and the log is read to its
        end. Lines are taken when the next are asked for: that is remembered, whatever becomes of the engine."""
        ...

    async def outgrown(self, path: Path, size: int) -> None:
        """Wait until the file that is written has more than ``size`` bytes."""
        ...

    async def rotate(self, path: Path, kept: int) -> None:
        """Put the file that is written aside, and remove the oldest of those put aside but ``kept``."""
        ...

    async def begun(self, path: Path, otherwise: Callable[[], Awaitable[None]]) -> None:
        """See that there is a file that is written: do ``otherwise`` if not, and wait for it."""
        ...

    async def pack(self, path: Path) -> None:
        """Compress the files that were put aside."""
        ...


class VolumeFiles(Protocol):
    """``<data-root>/volumes/<name>/_data``, and other paths of the host that containers mount."""

    def path(self, name: str) -> Path: ...

    async def create(self, name: str) -> None: ...

    async def is_empty(self, data: Path) -> bool:
        """Whether there is nothing in a volume whose data is at a path: here, or where a driver has it."""
        ...

    async def copy_up(self, source: Path, data: Path) -> None:
        """Fill an empty volume with what ``source`` (a directory of the mounted root) holds: owners, modes, xattrs."""
        ...

    async def remove(self, name: str) -> None: ...

    async def usage(self, name: str) -> int:
        """Bytes of a volume's files, 0 if it is not there."""
        ...

    async def is_there(self, path: str, *, create: bool = False) -> bool:
        """Whether a path of the host exists, after ``create`` has made a directory of one that did not."""
        ...

    async def mount_around(self, path: str) -> HostMount:
        """The mount that a path of the host lies in."""
        ...

    async def source(self, path: str) -> MountSource:
        """What a path of the host is that is to be bound."""
        ...


class ViewFiles(Protocol):
    """Files of a view: no link leads out of it, whoever swaps it meanwhile."""

    async def stat(self, viewed: Viewed, path: str) -> PathStat | None:
        """What is at ``path``, a link at its end not followed; None if nothing is."""
        ...

    async def resolve(self, viewed: Viewed, path: str) -> str | None:
        """The path without links of the directory that ``path`` leads to; None if nothing is there. InvalidArgument
        for anything but a directory."""
        ...

    async def read_text(self, viewed: Viewed, path: str) -> str:
        """A small text file; "" if it is not there."""
        ...

    def pack(self, viewed: Viewed, path: str) -> AsyncGenerator[bytes, None]:
        """A file, or a directory and all in it, as tar. To be closed."""
        ...

    async def unpack(
        self, viewed: Viewed, directory: str, chunks: AsyncIterable[bytes], *, owner: tuple[int, int] | None, keep: bool
    ) -> None:
        """An archive into a directory, for ``owner`` or for whom it says; ``keep``: no directory takes a file's place,
        nor the other way round. InvalidArgument for what is none."""
        ...
