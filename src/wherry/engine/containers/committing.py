"""``commit``: an image made of a container."""

from contextlib import nullcontext

from msgspec import Struct

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell as tell_of_container
from wherry.engine.containers.lifecycle.freezing import Freezing
from wherry.engine.events import Events
from wherry.engine.images import Images, tell
from wherry.engine.images.layering import Layering
from wherry.engine.ports import Clock, Snapshots
from wherry.errors import Conflict, NoSuchImage
from wherry.model.container import Container, Pending, Status
from wherry.model.image import History, Image, ImageConfig, Layer, Platform
from wherry.model.reference import Reference
from wherry.plan.images.committing import committed
from wherry.plan.images.configuration import write_image
from wherry.plan.timestamps import rfc3339


class CommitRequest(Struct, frozen=True, kw_only=True):
    """``config`` None means the container's own; ``changes`` are instructions of a Dockerfile."""

    target: Reference | None = None
    author: str = ""
    comment: str = ""
    changes: tuple[str, ...] = ()
    config: ImageConfig | None = None
    pause: bool = True


class Committing:
    """Volumes and what else is mounted in a container are no part of the image."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        freezing: Freezing,
        images: Images,
        layering: Layering,
        snapshots: Snapshots,
        events: Events,
        clock: Clock,
        platform: Platform,
    ) -> None:
        """``platform`` is for containers whose image is gone."""
        self._catalog = catalog
        self._freezing = freezing
        self._images = images
        self._layering = layering
        self._snapshots = snapshots
        self._events = events
        self._clock = clock
        self._platform = platform

    async def commit(self, ref: str, request: CommitRequest) -> Image:
        """The new image. A failure or a cancellation leaves nothing. NoSuchContainer, Conflict, InvalidArgument."""
        container = self._catalog.find(ref)
        _check(container)
        config = committed(container.spec, request.config, request.changes)
        async with self._images.hold(container.image_id, container.chain_id):
            image = await self._make(container, request, config)
        if request.target is not None:
            tell(self._events, image, "tag", request.target.familiar)
        name = request.target.familiar if request.target else ""
        tell_of_container(self._events, container, "commit", comment=request.comment, imageID=image.id, imageRef=name)
        return image

    async def _make(self, container: Container, request: CommitRequest, config: ImageConfig) -> Image:
        upper = self._snapshots.tree(container.id)
        stillness = self._freezing.held_still(container) if request.pause else nullcontext()
        async with stillness, self._layering.copied(upper, container.chain_id) as layer:
            return await self._add(container, request, config, layer)

    async def _add(
        self, container: Container, request: CommitRequest, config: ImageConfig, layer: Layer | None
    ) -> Image:
        base = self._base(container)
        now = self._clock.now()
        step = History(
            created=rfc3339(now),
            created_by=" ".join(container.spec.command or ()),
            author=request.author,
            comment=request.comment,
            empty_layer=layer is None,
        )
        below = tuple(reversed(self._images.chain(container.chain_id)))
        layers = (*below, layer) if layer else below
        document = write_image(
            platform=base.platform if base else self._platform,
            config=config,
            diff_ids=tuple(each.diff_id for each in layers),
            history=(*_history(base, below), step),
            created=now,
            author=request.author,
            comment=request.comment,
        )
        names = (request.target,) if request.target else ()
        return await self._images.add(document, None, layers, names, parent=base.id if base else "")

    def _base(self, container: Container) -> Image | None:
        """The image that the container was made from, if it is still here."""
        try:
            return self._images.find(container.image_id)
        except NoSuchImage:
            return None


def _check(container: Container) -> None:
    if container.state.status is Status.DEAD:
        raise Conflict(f"You cannot commit container {container.id} which is Dead")
    if container.state.pending is Pending.REMOVING:
        raise Conflict(f"You cannot commit container {container.id} which is being removed")


def _history(base: Image | None, layers: tuple[Layer, ...]) -> tuple[History, ...]:
    """Of an image that is gone it is only known which layers it had."""
    return base.history if base else tuple(History() for _ in layers)
