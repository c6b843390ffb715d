"""Blobs, layers and snapshots of images."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

from wherry.model.archive import Blob, Member
from wherry.model.change import PathChange
from wherry.model.image import Applied
from wherry.model.mount import OverlayMount


class Content(Protocol):
    """Blobs named by digest (``sha256:<hex>``), verified on the way in."""

    def path(self, digest: str) -> Path: ...

    def has(self, digest: str) -> bool: ...

    def size(self, digest: str) -> int:
        """Bytes of a blob. NotFound if it is not here."""
        ...

    async def read(self, digest: str) -> bytes:
        """A small blob whole. NotFound if it is not here."""
        ...

    async def put(self, data: bytes) -> str:
        """Store bytes; gives their digest."""
        ...

    async def ingest(self, chunks: AsyncIterable[bytes], digest: str, size: int) -> None:
        """Store a stream under ``digest``: hashed while written, synced by rename. DigestMismatch leaves nothing."""
        ...

    async def absorb(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store a stream under the digest that it turns out to have."""
        ...

    def chunks(self, digest: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a blob. NotFound. To be closed."""
        ...

    async def delete(self, digest: str) -> None: ...

    def digests(self) -> tuple[str, ...]: ...

    async def sweep(self) -> None:
        """Remove half-written blobs of an earlier life."""
        ...


class ImageArchives(Protocol):
    """Archives of images: tar files that hold blobs under names."""

    async def unpack(self, chunks: AsyncIterable[bytes]) -> dict[str, Member]:
        """The members by path, of a plain or compressed archive. Their bytes are blobs by then, and stay if this is
        ended early. CorruptImage for what is no such archive."""
        ...


class Layers(Protocol):
    """Changesets: tar → directory and directory → tar, in a confined child process."""

    async def apply(self, source: AsyncIterable[bytes], into: Path, parents: tuple[Path, ...] = ()) -> Applied: ...

    async def apply_file(
        self,
        blob: Path,
        into: Path,
        parents: tuple[Path, ...] = (),
        diff_id: str = "",
        below: Callable[[], Awaitable[None]] | None = None,
        passed: Callable[[int], None] | None = None,
    ) -> Applied:
        """``diff_id``: what it is known to be, of a plain layer. ``below``: until what it gives is done the
        parents are not complete; its failure is this one's. ``passed`` is told now and then, and in the end, how many
        bytes of the blob have been read."""
        ...

    def diff(self, upper: Path) -> AsyncGenerator[bytes, None]: ...

    def gzip(self, source: Path, diff_id: str) -> AsyncGenerator[bytes, None]:
        """A layer's directory or blob as gzip, the same layer always as the same bytes. To be closed. CorruptLayer if
        its diff ID is not this one."""
        ...

    def pack(self, tree: Path) -> AsyncIterator[bytes]: ...

    def pack_merged(self, trees: tuple[Path, ...]) -> AsyncGenerator[bytes, None]:
        """What an overlay of these directories, the uppermost first, shows, as plain tar. To be closed."""
        ...

    async def changes(self, upper: Path, lowers: tuple[Path, ...]) -> tuple[PathChange, ...]:
        """What ``upper`` changes in the layers below, the uppermost first, sorted by path."""
        ...


class Snapshots(Protocol):
    """Layer directories below ``overlay2``: committed ones have a Layer row, active ones belong to a container."""

    async def begin(self) -> str:
        """A new empty directory for a layer; gives its name (``Layer.directory``). It is swept if no row follows."""
        ...

    def tree(self, directory: str) -> Path:
        """Where the files of a layer directory are (its ``diff``)."""
        ...

    @property
    def mount_points(self) -> Path:
        """The tree that lies below all layers of every mount: empty files and directories to mount onto."""
        ...

    async def prepare(self, key: str, volatile: bool = False) -> None:
        """Make the upper and work directories of active snapshot ``key``; idempotent."""
        ...

    def overlay(self, key: str, lowers: tuple[str, ...], volatile: bool = False) -> OverlayMount:
        """The mount of active snapshot ``key`` over layer directories ``lowers``, top first, and the mount points."""
        ...

    def remapped(self, mount: OverlayMount) -> OverlayMount:
        """The same mount of the same files, which are owned there by those who the engine's remapping says."""
        ...

    async def commit(self, key: str) -> str:
        """Make active snapshot ``key``, which is not mounted, the directory of a layer; gives its name. It is swept if
        no row follows."""
        ...

    async def persist(self) -> None:
        """Return when all files of layers that are complete would survive a power failure. InternalError."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a layer directory or an active snapshot; renamed away first, so that no half one is ever seen."""
        ...

    async def usage(self, key: str) -> int:
        """Bytes of files in the upper directory of active snapshot ``key``."""
        ...

    def names(self) -> tuple[str, ...]:
        """All directories that exist, for the sweep."""
        ...
