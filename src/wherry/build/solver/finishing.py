"""The end of a build: an image, and its names."""

from wherry.build.plan.request import BuildRequest
from wherry.build.solver.made import Made
from wherry.build.solver.story import Chapter
from wherry.engine.events import Events
from wherry.engine.images import Images, tell
from wherry.engine.images.layering import Layering
from wherry.engine.ports import BuildFiles, Clock, Content
from wherry.errors import InternalError
from wherry.model.image import Image
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images.chain import chain_id
from wherry.plan.naming import short_id


class Finisher:
    def __init__(
        self,
        *,
        images: Images,
        layering: Layering,
        files: BuildFiles,
        content: Content,
        events: Events,
        clock: Clock,
    ) -> None:
        self._images = images
        self._layering = layering
        self._files = files
        self._content = content
        self._clock = clock
        self._events = events

    async def finish(self, request: BuildRequest, made: Made, forgotten: tuple[str, ...], epilogue: Chapter) -> None:
        """Store the image, whose layers are held, and tell of it. ``forgotten`` are build arguments without use."""
        if not made.image_id and not request.may_be_empty:
            raise InternalError("No image was generated. Is your Dockerfile empty?")
        names = tuple(Reference.parse(tag).with_default_tag() for tag in request.tags)
        if request.squash and len(made.diff_ids) > made.inherited:
            image = await self._squashed(made, names)
        else:
            image = await self._stored(made, names)
        if image.id != made.image_id:
            await epilogue.tell(Progress(aux={"ID": image.id}))
        if forgotten:
            await epilogue.say(f"[Warning] One or more build-args [{' '.join(forgotten)}] were not consumed\n")
        await epilogue.say(f"Successfully built {short_id(image.id)}\n")
        for name in names:
            tell(self._events, image, "tag", name.familiar)
            await epilogue.say(f"Successfully tagged {name.familiar}\n")

    async def _squashed(self, made: Made, names: tuple[Reference, ...]) -> Image:
        """One layer in the place of those that were made."""
        below = chain_id(made.diff_ids[: made.inherited])
        own = self._layering.trees(made.chain_id)[: len(made.diff_ids) - made.inherited]
        async with self._layering.filled(lambda into, lowers: self._files.squash(own, into, lowers), below) as layer:
            squashed = made.squashed(layer, below, self._clock.now())
            stack = tuple(reversed(self._images.chain(below)))
            layers = (*stack, layer) if layer else stack
            return await self._images.add(squashed.document, None, layers, names, parent=made.base)

    async def _stored(self, made: Made, names: tuple[Reference, ...]) -> Image:
        layers = tuple(reversed(self._images.chain(made.chain_id)))
        document = await self._content.read(made.base) if made.is_stored else made.document
        parent = "" if made.is_stored else made.base
        async with self._images.hold(made.image_id or made.digest):
            return await self._images.add(document, None, layers, names, parent=parent)
