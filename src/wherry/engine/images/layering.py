"""Layers that are made here. They have a directory at once; a blob only when one is asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import undoable
from wherry.engine.images import Images
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.ports import Content, Layers, Snapshots
from wherry.errors import InternalError
from wherry.model.image import LAYER_OCI, Applied, Descriptor, Image, Layer
from wherry.plan.images.chain import EMPTY_LAYER, stacked
from wherry.plan.images.manifest import GZIP, layer_descriptor

Fill = Callable[[Path, tuple[Path, ...]], Awaitable[Applied]]
"""Fills an empty directory, which is to lie upon others, top first."""


class Layering:
    """Directories become layers, and layers blobs."""

    def __init__(
        self,
        *,
        images: Images,
        unpacker: Unpacker,
        layers: Layers,
        content: Content,
        snapshots: Snapshots,
    ) -> None:
        self._images = images
        self._unpacker = unpacker
        self._layers = layers
        self._content = content
        self._snapshots = snapshots
        self._packing = KeyedLocks()

    @asynccontextmanager
    async def copied(self, upper: Path, parent: str) -> AsyncIterator[Layer | None]:
        """The layer on ``parent`` (a chain ID) that an overlay's upper directory stands for, which stays as it is.

        None if nothing changed. It is held while the block runs: an image must have it then.
        """

        async def copy(into: Path, lowers: tuple[Path, ...]) -> Applied:
            async with aclosing(self._layers.diff(upper)) as chunks:
                return await self._layers.apply(chunks, into, lowers)

        async with self.filled(copy, parent) as layer:
            yield layer

    @asynccontextmanager
    async def filled(self, fill: Fill, parent: str) -> AsyncIterator[Layer | None]:
        """The layer on ``parent`` that ``fill`` makes in an empty directory; otherwise as ``copied``."""
        async with undoable(self._snapshots.begin(), self._snapshots.remove) as directory:
            applied = await fill(self._snapshots.tree(directory), self.trees(parent))
        async with self.taken_in(directory, applied, parent) as layer:
            yield layer

    def trees(self, chain_id: str) -> tuple[Path, ...]:
        """Where the files of a stack of layers are, top first."""
        return self._unpacker.trees(chain_id)

    @asynccontextmanager
    async def taken_in(self, directory: str, applied: Applied, parent: str) -> AsyncIterator[Layer | None]:
        """The layer of a complete directory, which is removed if there is such a layer already, or nothing in it."""
        chain_id = stacked(parent, applied.diff_id)
        layer = Layer(chain_id=chain_id, diff_id=applied.diff_id, parent=parent, directory=directory, size=applied.size)
        async with self._images.hold(chain_id):
            try:
                if applied.diff_id != EMPTY_LAYER:
                    layer = await self._unpacker.adopt(layer)
            finally:
                if self._images.layer(chain_id) is not layer:
                    await self._snapshots.remove(directory)
            yield None if applied.diff_id == EMPTY_LAYER else layer

    async def with_blobs(self, image: Image) -> tuple[Layer, ...]:
        """The layers of a held image, top first; those that had no blob have one now: plain tar."""
        return tuple([layer if layer.blob else await self._packed(layer) for layer in self._images.layers(image)])

    async def compressed(self, layer: Layer) -> tuple[Layer, Descriptor]:
        """A held layer and its blob, which is gzip or zstd from now on. CorruptLayer for damaged bytes."""
        async with self._packing.hold(layer.chain_id):
            layer = self._images.layer(layer.chain_id) or layer
            found = await self._compressed(layer)
            if found is None:
                source = self._content.path(layer.blob) if layer.blob else self._snapshots.tree(layer.directory)
                async with self._images.receiving():
                    blob = await self._content.absorb(self._layers.gzip(source, layer.diff_id))
                    layer = await self._images.packed(layer, blob.digest)
                found = layer_descriptor(blob.digest, blob.size, GZIP)
            return layer, found

    async def described(self, digest: str) -> Descriptor:
        """The descriptor of a layer's blob. NotFound."""
        async with aclosing(self._content.chunks(digest)) as chunks:
            head = await anext(chunks, b"")
        return layer_descriptor(digest, self._content.size(digest), head)

    async def _packed(self, layer: Layer) -> Layer:
        """The directory as the same tar again that it was the contents of."""
        async with self._packing.hold(layer.chain_id), self._images.hold(layer.diff_id):
            if not self._content.has(layer.diff_id):
                blob = await self._content.absorb(self._layers.diff(self._snapshots.tree(layer.directory)))
                if blob.digest != layer.diff_id:
                    await self._content.delete(blob.digest)
                    raise InternalError(f"layer {layer.chain_id} was changed on disk: its diff ID is {blob.digest} now")
            return await self._images.packed(layer, layer.diff_id)

    async def _compressed(self, layer: Layer) -> Descriptor | None:
        """The blob of a layer, if it is one that registries take."""
        if not layer.blob:
            return None
        found = await self.described(layer.blob)
        return None if found.media_type == LAYER_OCI else found
