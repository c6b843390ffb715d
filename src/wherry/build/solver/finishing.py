"""The end of a build: an image, and its names."""

from wherry.build.request import BuildRequest
from wherry.build.solver.made import Made
from wherry.build.solver.story import Chapter
from wherry.engine.events import Events
from wherry.engine.images import Images, tell
from wherry.engine.ports import Content
from wherry.errors import InternalError
from wherry.model.image import Image
from wherry.model.reference import Reference
from wherry.plan.naming import short_id


class Finisher:
    def __init__(self, *, images: Images, content: Content, events: Events) -> None:
        self._images = images
        self._content = content
        self._events = events

    async def finish(self, request: BuildRequest, made: Made, forgotten: tuple[str, ...], epilogue: Chapter) -> None:
        """Store the image, whose layers are held, and tell of it. ``forgotten`` are build arguments without use."""
        if not made.image_id:
            raise InternalError("No image was generated. Is your Dockerfile empty?")
        names = tuple(Reference.parse(tag).with_default_tag() for tag in request.tags)
        image = await self._stored(made, names)
        if forgotten:
            await epilogue.say(f"[Warning] One or more build-args [{' '.join(forgotten)}] were not consumed\n")
        await epilogue.say(f"Successfully built {short_id(image.id)}\n")
        for name in names:
            tell(self._events, image, "tag", name.familiar)
            await epilogue.say(f"Successfully tagged {name.familiar}\n")

    async def _stored(self, made: Made, names: tuple[Reference, ...]) -> Image:
        layers = tuple(reversed(self._images.chain(made.chain_id)))
        document = await self._content.read(made.base) if made.is_stored else made.document
        parent = "" if made.is_stored else made.base
        async with self._images.hold(made.image_id):
            return await self._images.add(document, None, layers, names, parent=parent)
