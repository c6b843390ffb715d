"""An image made of one tar: its files are the only layer."""

from collections.abc import AsyncIterable

from wherry.engine.concurrency.progress import Report
from wherry.engine.events import Events
from wherry.engine.images import Images, tell
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.ports import Clock, Content
from wherry.model.image import History, Image, ImageConfig, Layer, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images.configuration import write_image
from wherry.plan.timestamps import rfc3339


class Importer:
    def __init__(self, *, images: Images, unpacker: Unpacker, content: Content, events: Events, clock: Clock) -> None:
        self._images = images
        self._unpacker = unpacker
        self._content = content
        self._events = events
        self._clock = clock

    async def make(
        self,
        chunks: AsyncIterable[bytes],
        config: ImageConfig,
        comment: str,
        platform: Platform,
        target: Reference | None,
        report: Report,
    ) -> None:
        """The tar stays as it came, compressed or not: it is the layer's blob. CorruptLayer if it is none."""
        async with self._images.receiving():
            blob = await self._content.absorb(chunks)
            layer = await self._unpacker.base(blob.digest)
            async with self._images.hold(layer.chain_id):
                layer = await self._unpacker.adopt(layer)
                image = await self._add(layer, config, comment, platform, target)
        if target is not None:
            tell(self._events, image, "tag", target.familiar)
        tell(self._events, image, "import")
        report(Progress(status=image.id))

    async def _add(
        self, layer: Layer, config: ImageConfig, comment: str, platform: Platform, target: Reference | None
    ) -> Image:
        now = self._clock.now()
        document = write_image(
            platform=platform,
            config=config,
            diff_ids=(layer.diff_id,),
            history=(History(created=rfc3339(now), comment=comment),),
            created=now,
            comment=comment,
        )
        return await self._images.add(document, None, (layer,), (target,) if target else ())
