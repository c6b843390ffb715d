"""Images and containers as tar: save, load, import, export."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from wherry.engine.archives.importing import Importer
from wherry.engine.archives.loading import Loader
from wherry.engine.archives.saving import Saver
from wherry.engine.concurrency.progress import Report, listen, metered
from wherry.engine.containers.events import tell
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.ports import Clock, Content, ImageArchives, Layers, Records, Snapshots, Web
from wherry.errors import InvalidArgument, NoSuchContainer
from wherry.model.image import ImageConfig, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images import changes as instructions
from wherry.plan.urls import check_url

__all__ = ["Archives"]


class Archives:
    """What goes out as tar, and what comes in as such."""

    def __init__(
        self,
        *,
        images: Images,
        layering: Layering,
        archives: ImageArchives,
        web: Web,
        layers: Layers,
        content: Content,
        snapshots: Snapshots,
        records: Records,
        events: Events,
        clock: Clock,
        platform: Platform,
    ) -> None:
        """``platform`` is what images are made for and chosen by if nothing else is asked for."""
        self._images = images
        self._web = web
        self._clock = clock
        self._events = events
        self._layers = layers
        self._snapshots = snapshots
        self._records = records
        self._platform = platform
        unpacker = Unpacker(images=images, layers=layers, content=content, snapshots=snapshots)
        self._saver = Saver(images=images, layering=layering, content=content, events=events)
        self._importer = Importer(images=images, unpacker=unpacker, content=content, events=events, clock=clock)
        self._loader = Loader(
            images=images,
            archives=archives,
            unpacker=unpacker,
            content=content,
            events=events,
            platform=platform,
        )

    def save(self, refs: tuple[str, ...]) -> AsyncGenerator[bytes, None]:
        """Images by ID, name, or repository (all its tags) as one archive. To be closed. NoSuchImage."""
        return self._saver.save(refs)

    def load(self, chunks: AsyncIterable[bytes], *, quiet: bool = False) -> AsyncGenerator[Progress, None]:
        """The images of an archive, plain or compressed. To be closed: that ends it. ``quiet``: only what was loaded.

        Raises CorruptImage, CorruptLayer, InvalidReference, InternalError for a full disk.
        """

        async def work(report: Report) -> None:
            await self._loader.load(chunks, report, bars=not quiet)

        return listen(work)

    def import_tar(
        self,
        chunks: AsyncIterable[bytes] | None = None,
        *,
        source: str = "-",
        target: Reference | None = None,
        message: str = "",
        changes: tuple[str, ...] = (),
        platform: Platform | None = None,
    ) -> AsyncGenerator[Progress, None]:
        """A new image of one tar, plain or compressed; tells its ID. To be closed: that ends it.

        Without ``chunks`` they are downloaded from ``source``, a URL; one without a scheme is of http.

        Raises InvalidArgument for ``changes`` that are none, a ``source`` that is no URL and a ``platform``
        of another system, CorruptLayer,
        InternalError for a full disk.
        """

        async def work(report: Report) -> None:
            if platform is not None and platform.os != self._platform.os:
                raise InvalidArgument("operating system is not supported")
            config = instructions.apply_changes(ImageConfig(), changes)
            comment = message or f"Imported from {source}"
            async with self._chunks(chunks, source, report) as tar:
                await self._importer.make(tar, config, comment, platform or self._platform, target, report)

        return listen(work)

    @asynccontextmanager
    async def _chunks(
        self, chunks: AsyncIterable[bytes] | None, source: str, report: Report
    ) -> AsyncIterator[AsyncIterable[bytes]]:
        if chunks is not None:
            yield chunks
            return
        url = source if "://" in source else f"http://{source}"
        check_url(url)
        async with self._web.open(url) as download:
            report(Progress(status=f"Downloading from {url}"))

            def tell(passed: int) -> None:
                report(Progress(status="Importing", current=passed, total=download.size))

            async with aclosing(metered(download.chunks, self._clock, tell)) as told:
                yield told

    async def export(self, container_id: str) -> AsyncGenerator[bytes, None]:
        """The files of a container, running or not, without its mounts. To be closed. NoSuchContainer."""
        container = self._records.containers.get(container_id)
        if container is None:
            raise NoSuchContainer(container_id)
        tell(self._events, container, "export")
        async with self._images.hold(container.chain_id):
            directories = (container.id, *(layer.directory for layer in self._images.chain(container.chain_id)))
            trees = (*map(self._snapshots.tree, directories), self._snapshots.mount_points)
            async with aclosing(self._layers.pack_merged(trees)) as chunks:
                async for chunk in chunks:
                    yield chunk
