"""Blobs of layers become directories."""

from collections.abc import AsyncIterable, Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from wherry.engine.images import Images
from wherry.engine.operations import undoable
from wherry.engine.ports import Content, Layers, Snapshots
from wherry.errors import CorruptLayer
from wherry.model.image import Applied, Layer
from wherry.plan.chain import chain_ids

Apply = Callable[[Path, tuple[Path, ...]], Awaitable[Applied]]


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
        """The layer below is there. CorruptLayer for broken data, or if its diff ID is another one."""
        return await self._unpack(link, lambda into, parents: self._layers.apply(chunks, into, parents))

    async def from_blob(self, link: Link, *, fresh: bool = False) -> Layer:
        """As ``from_stream``, from the blob in the store.

        ``fresh``: it has just been written, and hashed; where it is plain that is not done again.
        """
        blob = self._content.path(link.blob)
        known = link.diff_id if fresh and link.blob == link.diff_id else ""
        return await self._unpack(link, lambda into, parents: self._layers.apply_file(blob, into, parents, known))

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
            if layer is None:
                layer = await self._apply(link, apply)
                self._images.unpacked(layer)
            return layer

    async def _apply(self, link: Link, apply: Apply) -> Layer:
        async with undoable(self._snapshots.begin(), self._snapshots.remove) as directory:
            applied = await apply(self._snapshots.tree(directory), self.trees(link.parent))
            if applied.diff_id != link.diff_id:
                raise CorruptLayer(f'invalid diffID for layer: expected "{link.diff_id}", got "{applied.diff_id}"')
        return Layer(
            chain_id=link.chain_id,
            diff_id=link.diff_id,
            parent=link.parent,
            directory=directory,
            size=applied.size,
            blob=link.blob,
        )

    def trees(self, chain_id: str) -> tuple[Path, ...]:
        """Where the files of a stack are, top first; its layers may be on their way in."""
        trees: list[Path] = []
        while chain_id and (layer := self._images.layer(chain_id)):
            trees.append(self._snapshots.tree(layer.directory))
            chain_id = layer.parent
        return tuple(trees)
