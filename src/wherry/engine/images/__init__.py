"""Images: what is here, under which names; one way in, one way out."""

from collections.abc import Callable, Iterable, Set
from contextlib import AbstractAsyncContextManager

from msgspec.structs import replace

from wherry.engine.concurrency.operations import Operations
from wherry.engine.events import Events
from wherry.engine.images.catalog import Catalog, HistoryEntry, is_id_of, key_of
from wherry.engine.images.events import tell
from wherry.engine.images.keeping import Keeper
from wherry.engine.images.removal import Removal, Remover
from wherry.engine.images.unfinished import Unfinished
from wherry.engine.ports import Clock, Content, Records, Snapshots
from wherry.errors import InvalidArgument
from wherry.model.build import CacheEntry
from wherry.model.container import Container
from wherry.model.image import Image, Layer, Tag
from wherry.model.reference import Reference
from wherry.plan.images.configuration import read_image
from wherry.plan.images.repositories import known_at

__all__ = ["HistoryEntry", "Images", "Removal", "is_id_of", "tell"]


class Images:
    """The images of a store."""

    def __init__(
        self,
        *,
        records: Records,
        content: Content,
        snapshots: Snapshots,
        operations: Operations,
        events: Events,
        clock: Clock,
        containers_using: Callable[[str], tuple[Container, ...]],
    ) -> None:
        """``containers_using`` gives the containers that were made from an image ID."""
        self._records = records
        self._content = content
        self._snapshots = snapshots
        self._operations = operations
        self._events = events
        self._clock = clock
        self._containers_using = containers_using
        self._catalog = Catalog(records)
        self._keeper = Keeper(records, content, snapshots)
        self.unfinished = Unfinished()
        self._remover = Remover(
            catalog=self._catalog,
            keeper=self._keeper,
            records=records,
            events=events,
            containers_using=containers_using,
        )

    def find(self, ref: str) -> Image:
        """By ID, with or without ``sha256:``; by name; by unique prefix of the ID. NoSuchImage, InvalidReference."""
        return self._catalog.find(ref)

    def named(self, reference: Reference) -> Image | None:
        """The image of a name; a digest counts before a tag."""
        return self._catalog.named(reference)

    def all(self) -> tuple[Image, ...]:
        """Oldest first."""
        return self._catalog.all()

    def names(self, image_id: str) -> tuple[Reference, ...]:
        """Tags and digest references of an image, sorted as they are shown."""
        return self._catalog.names(image_id)

    def all_names(self) -> tuple[Reference, ...]:
        """Tags and digest references of all images."""
        return self._catalog.all_names()

    def containers(self, image: Image) -> tuple[Container, ...]:
        """Those that were made of an image, running or not."""
        return self._containers_using(image.id)

    def layers(self, image: Image) -> tuple[Layer, ...]:
        """Top first."""
        return self._catalog.chain(image.chain_id)

    def shared_size(self, image: Image) -> int:
        """Bytes of layers that another image has too."""
        others = [self.layers(other) for other in self.all() if other.id != image.id]
        elsewhere = {layer.chain_id for layers in others for layer in layers}
        return sum(layer.size for layer in self.layers(image) if layer.chain_id in elsewhere)

    def chain(self, chain_id: str) -> tuple[Layer, ...]:
        """The layers of a stack, top first; () for "". InternalError if one is not here."""
        return self._catalog.chain(chain_id)

    def history(self, ref: str) -> tuple[HistoryEntry, ...]:
        """How an image was made, newest step first. NoSuchImage."""
        return self._catalog.history(self._catalog.find(ref))

    def layer(self, chain_id: str) -> Layer | None:
        """A layer that is here, or is unpacked for an image on its way in."""
        return self._keeper.layer(chain_id)

    def hold(self, *keys: str) -> AbstractAsyncContextManager[None]:
        """Keep layers (by chain ID) and blobs (by digest) that no image names yet, whoever removes what meanwhile."""
        return self._keeper.hold(*keys)

    def receiving(self) -> AbstractAsyncContextManager[None]:
        """Delete no blob while some come in whose digests nobody knows yet; then those that no image took."""
        return self._keeper.receiving()

    async def collect(self) -> None:
        """Delete all blobs that no image names and nobody holds: whole ones that wait for another try."""
        await self._keeper.collect()

    def unpacking(self, chain_id: str) -> AbstractAsyncContextManager[None]:
        """Held by the one who unpacks a layer."""
        return self._keeper.unpacking.hold(chain_id)

    def unpacked(self, layer: Layer) -> None:
        """Note a held layer whose directory is complete. It is removed if no image names it when nobody holds it."""
        self._keeper.unpacked(layer)

    async def packed(self, layer: Layer, blob: str) -> Layer:
        """Note that a held layer has its files in this blob, and in no other, from now on."""
        async with self._keeper.changing:
            layer = replace(self._records.layers.get(layer.chain_id) or layer, blob=blob, repositories=())
            await self._records.layers.put(layer)
        return layer

    async def add(
        self,
        config: bytes,
        manifest: bytes | None,
        layers: tuple[Layer, ...],
        names: tuple[Reference, ...] = (),
        *,
        parent: str = "",
        arrived: bool = False,
    ) -> Image:
        """Make an image visible: rows of it, its layers (the lowest first) and its names, all or none.

        ``parent`` is the ID of the image it was built on, here; ``arrived``: its names came with it, and were not given
        here. A name that another image has is taken from it.
        CorruptImage if ``config`` is no configuration, InvalidArgument for a name that could be an ID.
        """
        _check_names(names)
        image = read_image(config)
        if any(self._records.layers.get(layer.chain_id) is None for layer in layers):
            await self._snapshots.persist()  # before the rows, which may be on the disk at any moment from then on
        async with self._keeper.changing:
            old = self._records.images.get(image.id) or image
            image = replace(
                image,
                size=sum(layer.size for layer in layers),
                parent=parent or old.parent,
                pinned=old.pinned,
                manifest=old.manifest if manifest is None else await self._content.put(manifest),
                last_tagged=self._clock.now() if names and not arrived else old.last_tagged,
            )
            await self._content.put(config)
            tags = [Tag(name=key_of(name).canonical, image_id=image.id) for name in names]
            await self._records.commit(put=(*self._news_of(layers), image, *tags))
        return image

    async def pushed(self, image: Image, manifest: bytes, layers: tuple[Layer, ...], name: Reference) -> None:
        """Note that the repository of ``name``, which has a digest, has the blobs of these layers and this manifest of
        the image, which is held."""
        async with self._keeper.changing:
            image = self._records.images.get(image.id) or image
            image = replace(image, manifest=await self._content.put(manifest))
            tag = Tag(name=key_of(name).canonical, image_id=image.id)
            await self._records.commit(put=(*self._news_of(layers), image, tag))

    def _news_of(self, layers: Iterable[Layer]) -> list[Layer]:
        """Rows of layers that have none, or that have their blob in repositories that were not known."""
        news = []
        for layer in layers:
            row = self._records.layers.get(layer.chain_id)
            known = layer if row is None else known_at(row, layer.repositories if row.blob == layer.blob else ())
            if known != row:
                news.append(known)
        return news

    async def tag(self, ref: str, target: Reference) -> None:
        """Give an image one more name, taken from another image if need be. NoSuchImage, InvalidArgument."""
        if target.digest:
            raise InvalidArgument("cannot import digest reference")
        _check_names((target,))
        target = target.with_default_tag()
        async with self._keeper.changing:
            image = replace(self._catalog.find(ref), last_tagged=self._clock.now())
            await self._records.commit(put=(image, Tag(name=target.canonical, image_id=image.id)))
        tell(self._events, image, "tag", target.familiar)

    async def remove(self, ref: str, *, force: bool = False, prune: bool = True) -> tuple[Removal, ...]:
        """Take away a name, and the image with its last one; by ID: the image and its names.

        ``prune``: also the images it was built on, if they have no name and no other use. NoSuchImage; Conflict in
        Docker's words.
        """
        return await self._operations.run(self._remover.remove(ref, force, prune))

    async def prune(
        self, *, dangling: bool = True, until: int = 0, labels: tuple[str, ...] = ()
    ) -> tuple[tuple[Removal, ...], int]:
        """Remove images without a tag (``dangling``) or all that no container has, created before ``until`` (ns, 0:
        whenever), with these labels. Gives what went and the bytes of its layers."""
        return await self._operations.run(self._remover.prune(dangling=dangling, until=until, labels=labels))

    async def release(self, chain_id: str) -> None:
        """Remove what nobody needs of a stack whose container is gone (its image may have gone before it)."""
        await self._operations.run(self._keeper.release(chain_id))

    async def remember(self, step: CacheEntry, layers: tuple[Layer, ...]) -> None:
        """Note a step of the build cache and the layers that it made, which are held; a step of the same key, and what
        only that one had, goes away."""
        async with self._keeper.changing:
            before = self._records.cache.get(step.key)
            await self._records.commit(put=(*self._news_of(layers), step))
        if before is not None and before.chain_id != step.chain_id:
            await self.release(before.chain_id)

    async def forget(self, steps: Iterable[CacheEntry]) -> tuple[Layer, ...]:
        """Take steps out of the build cache; gives the layers that went with them."""
        return await self._operations.run(self._keeper.forget(tuple(steps)))

    async def sweep(self, containers: Set[str]) -> None:
        """At start: remove layers and blobs that nobody names, and directories that are neither a layer's nor of one
        of ``containers``, by ID."""
        await self._keeper.sweep(containers)


def _check_names(names: Iterable[Reference]) -> None:
    """What looks like an image's ID must be one: an archive could give its image the name of another's ID."""
    if any(name.familiar_name == "sha256" for name in names):
        raise InvalidArgument("refusing to create an ambiguous tag using digest algorithm as name")
