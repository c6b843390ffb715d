"""The files of builds."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from wherry.model.build import Placement, Selected, Selection
from wherry.model.download import Download
from wherry.model.image import Applied


class BuildFiles(Protocol):
    """What builds do with files, by confined processes. Names of a context or an image lead nowhere else."""

    async def begin(self) -> Path:
        """A new empty folder. Nothing of it outlives the engine."""
        ...

    def bindable(self, path: Path) -> Path:
        """What is in such a folder, by the path by which a container may have it."""
        ...

    async def remove(self, folder: Path) -> None: ...

    async def unpack(self, chunks: AsyncIterator[bytes], into: Path) -> None:
        """An archive, compressed or plain, to a directory; closes ``chunks``. InvalidArgument for what is none."""
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

    async def read_text(self, trees: tuple[Path, ...], path: str) -> str:
        """A small text file of a stack of trees, the uppermost first; "" if it is not there."""
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
