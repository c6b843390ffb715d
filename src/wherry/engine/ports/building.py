"""The files of builds."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from wherry.model.build import Placement, Selected, Selection
from wherry.model.download import Download
from wherry.model.image import Applied
from wherry.model.mirror import Changes, KnownFile, OfferedFile
from wherry.model.remapping import Owner


class BuildFiles(Protocol):
    """What builds do with files, by confined processes. Names of a context or an image lead nowhere else."""

    async def begin(self) -> Path:
        """A new empty folder. Nothing of it outlives the engine."""
        ...

    def bindable(self, path: Path) -> Path:
        """What is in such a folder, by the path by which a container may have it."""
        ...

    async def remove(self, folder: Path) -> None: ...

    async def unpack(self, chunks: AsyncIterable[bytes], into: Path) -> None:
        """An archive, compressed or plain, to a directory; closes ``chunks``. InvalidArgument for what is none."""
        ...

    def ignored(self, text: str) -> tuple[str, ...]:
        """The patterns of a .dockerignore. InvalidArgument for a malformed one."""
        ...

    async def leave_out(self, context: Path, names: tuple[str, ...]) -> None:
        """Remove those of the files ``names`` that the .dockerignore of a context leaves out.

        InvalidArgument for a malformed pattern in it.
        """
        ...

    async def select(self, selections: tuple[Selection, ...]) -> Selected:
        """What there is of them. InvalidArgument for a malformed pattern."""
        ...

    async def place(self, placement: Placement, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Copy what there is to the empty layer directory ``into``, which stands on ``lowers``, the uppermost first.

        InvalidArgument where a file is in the way, CorruptLayer for a broken archive.
        """
        ...

    async def make_directory(self, path: str, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """A layer with a directory, if ``lowers`` have none there. InvalidArgument where a file is in the way."""
        ...

    async def squash(self, layers: tuple[Path, ...], into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Make one layer of several: what they change together in ``lowers``; the uppermost first each."""
        ...

    async def write(self, folder: Path, name: str, content: str, mode: int) -> None:
        """A new file in a folder."""
        ...

    async def receive(self, folder: Path, name: str, file: Download) -> str:
        """A file of the web to a folder, for nobody but its owner to read; gives its digest. To its end."""
        ...

    async def clear_stubs(self, upper: Path, lowers: tuple[Path, ...], targets: tuple[str, ...]) -> None:
        """Take away what was made in an overlay's upper directory for something to be mounted onto."""
        ...

    async def identify(self, upper: Path) -> Applied:
        """What an overlay's upper directory is as a layer."""
        ...

    def stack(self, trees: tuple[Path, ...]) -> "StackFiles":
        """The files of a stack of trees, the uppermost first, to be written elsewhere."""
        ...

    async def read_text(self, trees: tuple[Path, ...], path: str) -> str:
        """A small text file of a stack of trees, the uppermost first; "" if it is not there."""
        ...


class StackFiles(Protocol):
    """All files of a stack of layers."""

    async def files(self) -> tuple[OfferedFile, ...]:
        """All but sockets, each directory's by name, directories before what they hold."""
        ...

    def content(self, path: bytes) -> AsyncGenerator[bytes, None]:
        """A regular file's, in pieces."""
        ...

    def archive(self) -> AsyncGenerator[bytes, None]:
        """All of them as tar, in chunks."""
        ...


class CacheFolders(Protocol):
    """Directories that outlive builds, to be mounted in them: those that have a row."""

    def bindable(self, name: str) -> Path:
        """A directory, by the path by which a container may have it."""
        ...

    async def create(self, name: str) -> Path:
        """An empty directory, whatever was there."""
        ...

    async def dress(self, name: str, mode: int, owner: tuple[int, int]) -> None:
        """Give a directory its mode and owner."""
        ...

    async def remove(self, name: str) -> None: ...

    async def size(self, name: str) -> int:
        """Bytes of a directory's files, 0 if it is not there."""
        ...

    def names(self) -> tuple[str, ...]:
        """All directories that exist, for the sweep."""
        ...


class Mirrors(Protocol):
    """What `CacheFolders` of these names hold: directories of clients, kept from build to build."""

    def tree(self, name: str) -> Path: ...

    def index(self, name: str) -> Path:
        """A file that tells `Selection` digests of the tree's files."""
        ...

    async def files(self, name: str, boot: str) -> tuple[KnownFile, ...] | None:
        """What a mirror holds; None if that is not known: a change did not end, or not in this ``boot`` of the host,
        and what was written then may not have come to the disk."""
        ...

    async def change(
        self, name: str, changes: Changes, packets: AsyncGenerator[bytes, None], space: Path, boot: str
    ) -> None:
        """Bring a mirror up to date. ``packets`` bring what is wanted, as a client of BuildKit's protocol sends it, and
        are closed when all is there; ``space`` is an empty folder of the same file system. Until all is there nothing
        has changed.

        InvalidArgument for contents that are not wanted, NoSpace on a full disk.
        """
        ...


class Wire(Protocol):
    """A connection of bytes both ways."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes | None:
        """What came next; None when the peer says no more."""
        ...

    async def end(self) -> None:
        """Say no more."""
        ...


class StepFolder(Protocol):
    """A directory in memory. Paths are those by which a container may have its files."""

    def secret(self, content: bytes, mode: int, owner: Owner) -> Path:
        """A file."""
        ...

    async def agent(self, connect: Callable[[], AbstractAsyncContextManager[Wire]], mode: int, owner: Owner) -> Path:
        """A socket; whoever connects to it is connected with what ``connect`` gives."""
        ...


class StepFiles(Protocol):
    """What one command of a build is lent, and is on no disk."""

    def lent(self) -> AbstractAsyncContextManager[StepFolder]:
        """A folder, while the block runs."""
        ...
