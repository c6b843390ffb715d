"""Taking images away: one by name or ID, or all that nobody uses."""

from collections.abc import Callable

from msgspec import Struct

from wherry.engine.events import Events
from wherry.engine.images.catalog import Catalog, is_id_of, key_of
from wherry.engine.images.events import tell
from wherry.engine.images.keeping import Keeper
from wherry.engine.ports import Records
from wherry.errors import Conflict, NotFound
from wherry.model.container import Container
from wherry.model.image import Image, Tag
from wherry.model.reference import Reference
from wherry.plan.filters import matches_labels
from wherry.plan.images import removal as image_removal
from wherry.plan.images.removal import Decision, Standing


class Removal(Struct, frozen=True, kw_only=True):
    """Either a name that was taken away, or an image (by ID) or layer (by chain ID) that is gone."""

    untagged: str = ""
    deleted: str = ""


class Remover:
    """Carries out what ``plan.images.removal`` decides."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        keeper: Keeper,
        records: Records,
        events: Events,
        containers_using: Callable[[str], tuple[Container, ...]],
    ) -> None:
        self._catalog = catalog
        self._keeper = keeper
        self._records = records
        self._events = events
        self._containers_using = containers_using

    async def remove(self, ref: str, force: bool, prune: bool) -> tuple[Removal, ...]:
        """``prune``: also the images it was built on, if they have no name and no other use. NoSuchImage, Conflict."""
        image = self._catalog.find(ref)
        standing = self._standing(image)
        if is_id_of(image, ref):
            decision = image_removal.by_id(standing, force)
        else:
            decision = image_removal.by_name(standing, ref, key_of(Reference.parse(ref)), force)
        removals = await self._carry_out(image, decision)
        if decision.delete and prune:
            removals += await self._prune_parents(image)
        return removals

    async def prune(self, *, dangling: bool, until: int, labels: tuple[str, ...]) -> tuple[tuple[Removal, ...], int]:
        """Remove images without a tag (``dangling``) or all that no container has, created before ``until`` (ns, 0:
        whenever). Gives what went and the bytes of its layers."""
        sizes = {layer.chain_id: layer.size for layer in self._records.layers.all()}
        removals: tuple[Removal, ...] = ()
        for image in self._catalog.all():
            if self._may_be_pruned(image, dangling, until, labels):
                removals += await self._remove_quietly(image)
        await self._keeper.collect()
        reclaimed = sum(sizes.get(removal.deleted, 0) for removal in removals)
        self._events.publish("image", "prune", "", {"reclaimed": str(reclaimed)})
        return removals, reclaimed

    def _may_be_pruned(self, image: Image, dangling: bool, until: int, labels: tuple[str, ...]) -> bool:
        names = self._catalog.names(image.id)
        if image.pinned or (not names and self._catalog.children(image.id)):
            return False
        if until and image.created > until:
            return False
        if dangling and any(not name.digest for name in names):
            return False
        return matches_labels(image.config.labels, labels)

    async def _remove_quietly(self, image: Image) -> tuple[Removal, ...]:
        removals: tuple[Removal, ...] = ()
        names = [name.familiar for name in self._catalog.names(image.id)]
        for ref in names or [image.id]:
            try:
                removals += await self.remove(ref, force=False, prune=True)
            except (Conflict, NotFound):  # in use, or gone with a child of its own
                continue
        return removals

    async def _prune_parents(self, image: Image) -> tuple[Removal, ...]:
        removals: tuple[Removal, ...] = ()
        while parent := self._records.images.get(image.parent):
            standing = self._standing(parent)
            if parent.pinned or not image_removal.is_forgotten(standing):
                break
            removals += await self._carry_out(parent, Decision(untag=(), delete=True))
            image = parent
        return removals

    async def _carry_out(self, image: Image, decision: Decision) -> tuple[Removal, ...]:
        tags = [Tag(name=name.canonical, image_id=image.id) for name in decision.untag]
        removals = [Removal(untagged=name.familiar) for name in decision.untag]
        if decision.delete:
            layers = await self._keeper.remove(image, tags)
            removals += [Removal(deleted=image.id), *(Removal(deleted=layer.chain_id) for layer in layers)]
        else:
            async with self._keeper.changing:
                await self._records.commit(delete=tags)
        for _ in tags:
            tell(self._events, image, "untag")
        if decision.delete:
            tell(self._events, image, "delete")
        return tuple(removals)

    def _standing(self, image: Image) -> Standing:
        return Standing(
            image=image,
            names=self._catalog.names(image.id),
            containers=self._containers_using(image.id),
            has_children=bool(self._catalog.children(image.id)),
        )
