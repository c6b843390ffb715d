"""Which layers and blobs must stay, and the removal of all others.

What an image, a container, a step of the build cache or a layer names stays, and so does what somebody holds: an image
on its way in holds the layers and blobs that it will name, so that the removal of another image does not take them away
meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Set
from contextlib import asynccontextmanager

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.ports import Content, Records, Snapshots
from wherry.model.build import CacheEntry
from wherry.model.image import Image, Layer, Tag


class Keeper:
    """One for all images of a store."""

    def __init__(self, records: Records, content: Content, snapshots: Snapshots) -> None:
        self._records = records
        self._content = content
        self._snapshots = snapshots
        self._held: Counter[str] = Counter()
        self._unpacked: dict[str, Layer] = {}
        self._receiving = 0
        self.unpacking = KeyedLocks()
        """By chain ID: a layer is unpacked once, whoever asks for it."""
        self.changing = asyncio.Lock()
        """Taken by whoever adds to or takes from what is kept, for as long as the rows take."""

    @asynccontextmanager
    async def hold(self, *keys: str) -> AsyncIterator[None]:
        """Keep layers (by chain ID) and blobs (by digest), there already or not. Unpacked layers that no image names
        by the end go away with their last holder; whole blobs stay for the next try."""
        async with self.changing:
            self._held.update(keys)
        try:
            yield
        finally:
            self._held.subtract(keys)
            self._held += Counter()
            await self._forget_unpacked()

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[None]:
        """While blobs come in whose digests nobody knows yet, none is deleted. Those that were not named by the end
        are deleted then."""
        self._receiving += 1
        try:
            yield
        finally:
            self._receiving -= 1
            await self.collect()

    async def collect(self) -> None:
        """Delete all blobs that nobody names or holds."""
        async with self.changing:
            await self._delete_blobs(self._content.digests())

    def layer(self, chain_id: str) -> Layer | None:
        """A layer that has a row, or will."""
        return self._records.layers.get(chain_id) or self._unpacked.get(chain_id)

    def unpacked(self, layer: Layer) -> None:
        """Note a layer whose files are complete; it is held."""
        self._unpacked[layer.chain_id] = layer

    async def remove(self, image: Image, tags: Iterable[Tag]) -> tuple[Layer, ...]:
        """Take an image, its names and what only it needs out of the store; gives the layers that went, top first."""
        async with self.changing:
            layers = self._unneeded(image.chain_id, self._needed(without=image.id))
            await self._records.commit(delete=(image, *tags, *layers))
            await self._delete_blobs({image.id, image.manifest, *(layer.blob for layer in layers)})
        await self._remove_directories(layers)
        return layers

    async def release(self, chain_id: str) -> tuple[Layer, ...]:
        """Remove what nobody needs of a stack that a container no longer has."""
        async with self.changing:
            layers = self._unneeded(chain_id, self._needed())
            await self._records.commit(delete=layers)
            await self._delete_blobs({layer.blob for layer in layers})
        await self._remove_directories(layers)
        return layers

    async def forget(self, steps: tuple[CacheEntry, ...]) -> tuple[Layer, ...]:
        """Take steps out of the build cache, and the layers that nobody else needs."""
        async with self.changing:
            await self._records.commit(delete=steps)
        layers: list[Layer] = []
        for step in steps:
            layers += await self.release(step.chain_id)
        return tuple(layers)

    async def sweep(self, containers: Set[str]) -> None:
        """Remove layers, directories and blobs of an earlier life that nobody names. Nothing may be coming in."""
        async with self.changing:
            needed = self._needed()
            layers = [layer for layer in self._records.layers.all() if layer.chain_id not in needed]
            await self._records.commit(delete=layers)
            await self._content.sweep()
            await self._delete_blobs(self._content.digests())
            owned = {layer.directory for layer in self._records.layers.all()}
            for name in self._snapshots.names():
                if name not in owned and name not in containers:
                    await self._snapshots.remove(name)

    def _needed(self, without: str = "") -> set[str]:
        """Chain IDs of all layers that somebody needs, ``without`` one image (by ID)."""
        tops = [image.chain_id for image in self._records.images.all() if image.id != without]
        tops += [container.chain_id for container in self._records.containers.all()]
        tops += [entry.chain_id for entry in self._records.cache.all()]
        tops += self._held
        needed: set[str] = set()
        for top in tops:
            while top not in needed and (layer := self.layer(top)):
                needed.add(top)
                top = layer.parent
        return needed

    def _unneeded(self, chain_id: str, needed: Set[str]) -> tuple[Layer, ...]:
        layers: list[Layer] = []
        while chain_id not in needed and (layer := self._records.layers.get(chain_id)):
            layers.append(layer)
            chain_id = layer.parent
        return tuple(layers)

    async def _delete_blobs(self, digests: Iterable[str]) -> None:
        """Those of ``digests`` that no row names and nobody holds; ``changing`` is taken."""
        if self._receiving:
            return
        named = {layer.blob for layer in self._records.layers.all()}
        for image in self._records.images.all():
            named |= {image.id, image.manifest}
        for digest in sorted({*digests} - named - {*self._held} - {""}):
            await self._content.delete(digest)

    async def _remove_directories(self, layers: Iterable[Layer]) -> None:
        for layer in layers:
            await self._snapshots.remove(layer.directory)

    async def _forget_unpacked(self) -> None:
        for chain_id in [chain_id for chain_id in self._unpacked if chain_id not in self._held]:
            layer = self._unpacked.pop(chain_id)
            row = self._records.layers.get(chain_id)
            if row is None or row.directory != layer.directory:
                await self._snapshots.remove(layer.directory)
