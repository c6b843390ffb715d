"""The build cache: which steps were done, by a digest of all that they hang on, and what came of them."""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from wherry.build.solver.made import Made
from wherry.engine.images import Images
from wherry.engine.ports import Clock, Host, Records, Snapshots
from wherry.model.build import STEP, CacheEntry, CacheUsage
from wherry.model.image import Image, Layer
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.configuration import read_time

_LONGEST = 4096  # characters of what is told of an entry: a line may have taken up much more


class Cache:
    """Steps that a build under way stands on are in use: they stay."""

    def __init__(self, *, records: Records, images: Images, snapshots: Snapshots, host: Host, clock: Clock) -> None:
        self._records = records
        self._images = images
        self._snapshots = snapshots
        self._host = host
        self._clock = clock
        self._in_use: Counter[str] = Counter()

    def find(self, key: str, below: Made) -> CacheEntry | None:
        """The step of that key, if it was done on the very layers of ``below``."""
        entry = self._records.cache.get(key)
        return entry if entry and self._fits(entry, below) else None

    def layer(self, entry: CacheEntry, below: Made) -> Layer | None:
        """The layer that a step made, None if it made none."""
        return None if entry.chain_id == below.chain_id else self._images.layer(entry.chain_id)

    async def add(self, key: str, below: Made, created_by: str, layer: Layer | None, created: int) -> CacheEntry:
        """Note a step that was done. ``layer``, if it made one, is held."""
        entry = CacheEntry(
            key=key,
            parent=below.key,
            chain_id=layer.chain_id if layer else below.chain_id,
            description=created_by[:_LONGEST],
            created=created,
            last_used=self._clock.now(),
            size=layer.size if layer else 0,
            unsaved=self._host.facts().boot_id if layer else "",
        )
        await self._images.remember(entry, (layer,) if layer else ())
        return entry

    async def adopt(self, key: str, below: Made, created_by: str, sources: Iterable[Image]) -> CacheEntry | None:
        """The step as one of the images ``sources`` has it: done on the same layers, by the same line of history."""
        number = len(below.history)
        for image in sources:
            if not _continues(image, below) or image.history[number].created_by != created_by:
                continue
            line = image.history[number]
            layer = None if line.empty_layer else self._next_layer(image, below)
            async with self._images.hold(image.chain_id):
                return await self.add(key, below, created_by, layer, read_time(line.created))
        return None

    async def settle(self, done: Iterable[CacheEntry], used: Iterable[CacheEntry]) -> None:
        """A build is over: what it did, and what was of use to it, survives a power failure from now on."""
        uses = Counter(entry.key for entry in used)
        rows = [self._records.cache.get(key) for key in {*uses, *(entry.key for entry in done)}]
        if any(row and row.unsaved for row in rows):
            await self._snapshots.persist()
        now = self._clock.now()
        await self._records.commit(
            put=[
                replace(row, last_used=now, uses=row.uses + uses[row.key], unsaved="")
                for row in rows
                if row and self._records.cache.get(row.key) is row  # else it was done anew meanwhile
            ]
        )

    def occupy(self, key: str) -> None:
        self._in_use[key] += 1

    def leave(self, keys: Iterable[str]) -> None:
        self._in_use.subtract(keys)
        self._in_use += Counter()

    def usage(self) -> tuple[CacheUsage, ...]:
        """All steps, oldest first."""
        shared = self._layers_of_images()
        return tuple(
            CacheUsage(entry=entry, shared=entry.chain_id in shared, in_use=entry.key in self._in_use)
            for entry in self._records.cache.all()
            if entry.kind == STEP
        )

    async def remove(self, entries: Iterable[CacheEntry]) -> int:
        """Gives how many bytes of layers are free now."""
        layers = await self._images.forget(entries)
        return sum(layer.size for layer in layers)

    def _fits(self, entry: CacheEntry, below: Made) -> bool:
        """A step before it may have been done again since, with another outcome."""
        if entry.chain_id == below.chain_id:
            return True
        layer = self._images.layer(entry.chain_id)
        return layer is not None and layer.parent == below.chain_id

    def _next_layer(self, image: Image, below: Made) -> Layer | None:
        return self._images.layer(chain_ids(image.diff_ids)[len(below.diff_ids)])

    def _layers_of_images(self) -> set[str]:
        return {layer.chain_id for image in self._images.all() for layer in self._images.layers(image)}


def _continues(image: Image, below: Made) -> bool:
    """Whether an image begins with the layers and the steps of ``below``, and has one step more."""
    lines = [(line.created_by, line.empty_layer) for line in below.history]
    return (
        image.diff_ids[: len(below.diff_ids)] == below.diff_ids
        and len(image.history) > len(lines)
        and [(line.created_by, line.empty_layer) for line in image.history[: len(lines)]] == lines
    )
