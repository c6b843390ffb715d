"""Blobs of layers become directories."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from functools import partial
from pathlib import Path

from msgspec import Struct

from wherry.engine.concurrency.operations import undoable
from wherry.engine.images import Images
from wherry.engine.ports import Content, Layers, Snapshots
from wherry.errors import CorruptLayer
from wherry.model.image import Applied, Layer
from wherry.plan.images.chain import chain_ids

Below = Callable[[], Awaitable[None]]
Apply = Callable[[Path, tuple[Path, ...], Below], Awaitable[Applied]]
"""Fills an empty directory on others, the uppermost first, which are complete when what the last argument gives is
done."""


class _GivenUp(Exception):
    """A layer below has failed, and may be begun again by somebody else."""


class Link(Struct, frozen=True, kw_only=True):
    """A layer in its stack: ``parent`` is the chain ID below, ``blob`` the digest of what it is unpacked from."""

    chain_id: str
    diff_id: str
    parent: str
    blob: str


def links(diff_ids: tuple[str, ...], blobs: tuple[str, ...]) -> tuple[Link, ...]:
    """The stack of these layers, the lowest first."""
    chain = chain_ids(diff_ids)
    return tuple(
        Link(chain_id=chain_id, diff_id=diff_id, parent=parent, blob=blob)
        for chain_id, diff_id, parent, blob in zip(chain, diff_ids, ("", *chain)[: len(chain)], blobs, strict=True)
    )


class Unpacker:
    """Makes layers that are held (``Images.hold``), each once. A failure or a cancellation leaves nothing."""

    def __init__(self, *, images: Images, layers: Layers, content: Content, snapshots: Snapshots) -> None:
        self._images = images
        self._layers = layers
        self._content = content
        self._snapshots = snapshots

    async def from_stream(self, link: Link, chunks: AsyncIterable[bytes]) -> Layer:
        """When those below it are complete. CorruptLayer for broken data, or if its diff ID is another one."""

        async def apply(into: Path, parents: tuple[Path, ...], below: Below) -> Applied:
            await below()
            return await self._layers.apply(chunks, into, parents)

        return await self._unpack(link, apply)

    async def from_blob(self, link: Link, *, fresh: bool = False, passed: Callable[[int], None] | None = None) -> Layer:
        """From the blob in the store, beside those below it; errors as of ``from_stream``. They are there, or others
        see to it that they will be.

        ``fresh``: it has just been written, and hashed; where it is plain that is not done again. ``passed`` is told
        how many bytes of the blob have been read.
        """
        blob = self._content.path(link.blob)
        known = link.diff_id if fresh and link.blob == link.diff_id else ""

        def apply(into: Path, parents: tuple[Path, ...], below: Below) -> Awaitable[Applied]:
            return self._layers.apply_file(blob, into, parents, known, below, passed)

        return await self._unpack(link, apply)

    async def base(self, blob: str) -> Layer:
        """A layer without any below, whose diff ID is found out by unpacking it: next, hold and ``adopt`` it."""
        async with undoable(self._snapshots.begin(), self._snapshots.remove) as directory:
            applied = await self._layers.apply_file(self._content.path(blob), self._snapshots.tree(directory))
        diff_id = applied.diff_id
        return Layer(chain_id=diff_id, diff_id=diff_id, directory=directory, size=applied.size, blob=blob)

    async def adopt(self, layer: Layer) -> Layer:
        """The layer of a held chain ID: ``layer`` from ``base``, or one that was there before."""
        async with self._images.unpacking(layer.chain_id):
            found = self._images.layer(layer.chain_id)
            if found is None:
                self._images.unpacked(layer)
                return layer
            await self._snapshots.remove(layer.directory)
            return found

    async def _unpack(self, link: Link, apply: Apply) -> Layer:
        async with self._images.unpacking(link.chain_id):
            layer = self._images.layer(link.chain_id)
            while layer is None:
                while not self._has_begun(link.parent):
                    await self._images.unfinished.changed()
                async with self._images.unfinished.turn():
                    layer = await self._attempt(link, apply)
            return layer

    def _has_begun(self, chain_id: str) -> bool:
        return not chain_id or bool(self._images.layer(chain_id) or self._images.unfinished.get(chain_id))

    async def _attempt(self, link: Link, apply: Apply) -> Layer | None:
        """None if one below it was given up."""
        if not self._has_begun(link.parent):
            return None
        try:
            async with undoable(self._snapshots.begin(), self._snapshots.remove) as directory:
                with self._images.unfinished.begun(link.chain_id, directory, link.parent):
                    return await self._apply(link, directory, apply)
        except _GivenUp:
            return None

    async def _apply(self, link: Link, directory: str, apply: Apply) -> Layer:
        below = partial(self._complete, link.parent)
        applied = await apply(self._snapshots.tree(directory), self.trees(link.parent), below)
        if applied.diff_id != link.diff_id:
            raise CorruptLayer(f'invalid diffID for layer: expected "{link.diff_id}", got "{applied.diff_id}"')
        layer = Layer(
            chain_id=link.chain_id,
            diff_id=link.diff_id,
            parent=link.parent,
            directory=directory,
            size=applied.size,
            blob=link.blob,
        )
        self._images.unpacked(layer)
        return layer

    async def _complete(self, chain_id: str) -> None:
        begun = self._images.unfinished.get(chain_id)
        if begun is not None:
            await asyncio.wait((begun.complete,))
            if not begun.complete.result():
                raise _GivenUp

    def trees(self, chain_id: str) -> tuple[Path, ...]:
        """Where the files of a stack are, top first; its layers may be on their way in."""
        trees: list[Path] = []
        while layer := self._images.layer(chain_id) or self._images.unfinished.get(chain_id):
            trees.append(self._snapshots.tree(layer.directory))
            chain_id = layer.parent
        return tuple(trees)
