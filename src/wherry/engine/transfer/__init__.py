"""Images from registries, and to them."""

from collections.abc import AsyncGenerator
from functools import partial

from wherry.engine.concurrency.flights import Flights
from wherry.engine.concurrency.operations import Operations
from wherry.engine.concurrency.progress import Report, listen
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.images.unpacking import Unpacker, links
from wherry.engine.ports import Clock, Content, Layers, Records, Registry, Snapshots
from wherry.engine.transfer.fetching import Fetcher, Source, Step
from wherry.engine.transfer.pushing import Pusher
from wherry.errors import CorruptImage, NoSpace, NotFound, NotSupported
from wherry.model.image import CONFIG_DOCKER, CONFIG_OCI, INDEX_DOCKER, INDEX_OCI, Descriptor, Image, Layer, Platform
from wherry.model.plugin import CONFIG_PLUGIN
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials, Resolved
from wherry.plan.images.configuration import read_image
from wherry.plan.images.manifest import Manifest, check_config_size, read_index, read_manifest
from wherry.plan.images.platforms import best_match, check_platform
from wherry.plan.images.repositories import known_at

MAX_DOWNLOADS = 3  # as dockerd's --max-concurrent-downloads
MAX_UPLOADS = 5  # as dockerd's --max-concurrent-uploads

_CONFIGS = (CONFIG_DOCKER, CONFIG_OCI, "application/octet-stream", "")  # the last two from old registries


class Transfer:
    """Pulls and pushes. Two who pull the same image at the same time share one run."""

    def __init__(
        self,
        *,
        images: Images,
        registry: Registry,
        layering: Layering,
        layers: Layers,
        content: Content,
        snapshots: Snapshots,
        records: Records,
        operations: Operations,
        events: Events,
        clock: Clock,
        platform: Platform,
        max_downloads: int = MAX_DOWNLOADS,
        max_uploads: int = MAX_UPLOADS,
    ) -> None:
        """``platform`` is what is taken from an index if nothing else is asked for."""
        self._images = images
        self._registry = registry
        self._content = content
        self._records = records
        self._events = events
        self._platform = platform
        self._flights = Flights(operations)
        self._fetcher = Fetcher(
            images=images,
            registry=registry,
            content=content,
            unpacker=Unpacker(images=images, layers=layers, content=content, snapshots=snapshots),
            operations=operations,
            clock=clock,
            max_downloads=max_downloads,
        )
        self._pusher = Pusher(
            images=images,
            registry=registry,
            content=content,
            layering=layering,
            fetcher=self._fetcher,
            clock=clock,
            max_uploads=max_uploads,
        )

    def limit(self, *, max_downloads: int, max_uploads: int) -> None:
        """Other limits, for what begins from now on."""
        self._fetcher.limit(max_downloads)
        self._pusher.limit(max_uploads)

    def pull(
        self, reference: Reference, *, credentials: Credentials | None = None, platform: Platform | None = None
    ) -> AsyncGenerator[Progress, None]:
        """Bring an image here, telling how far it is in Docker's words. To be closed.

        When the last listener leaves, the pull ends and leaves nothing but whole blobs. Raises NoSuchManifest,
        Unauthorized, RegistryError, CorruptImage, CorruptLayer, DigestMismatch, NoSpace; WrongPlatform, once it is
        here, for an image that is not for the ``platform`` asked for.
        """
        reference = reference.with_default_tag()

        async def work(report: Report) -> None:
            is_newer = await self._join(reference, credentials, platform or self._platform, report)
            report(_outcome(is_newer, reference))
            image = self._images.named(reference)
            if platform is not None and image is not None:
                check_platform(image.platform, str(platform), reference.familiar)

        return listen(work)

    def pull_all(
        self, reference: Reference, *, credentials: Credentials | None = None, platform: Platform | None = None
    ) -> AsyncGenerator[Progress, None]:
        """``pull`` for every tag of a repository, one after the other."""

        async def work(report: Report) -> None:
            is_newer = False
            for tag in await self._registry.tags(reference, credentials):
                is_newer |= await self._join(reference.with_tag(tag), credentials, platform or self._platform, report)
            report(_outcome(is_newer, reference))

        return listen(work)

    def push(self, reference: Reference, *, credentials: Credentials | None = None) -> AsyncGenerator[Progress, None]:
        """Bring an image to its registry under its tag, or all tags of its repository if it has none; telling how far
        it is in Docker's words. To be closed: that ends it.

        Raises NotFound for a name that no image has, Unauthorized, RegistryError, CorruptLayer.
        """

        async def work(report: Report) -> None:
            report(Progress(status=f"The push refers to repository [{reference.name}]"))
            for name in self._tags_of(reference):
                target = Source(reference=name, credentials=credentials)
                await self._pusher.push(target, self._images.find(name.canonical), report)
            self._events.publish("image", "push", reference.familiar, {"name": reference.familiar_name})

        return listen(work)

    def _tags_of(self, reference: Reference) -> tuple[Reference, ...]:
        """The reference itself, or all that its repository has here."""
        here = tuple(name for name in self._images.all_names() if name.name == reference.name)
        if not here:
            raise NotFound(f"An image does not exist locally with the tag: {reference.familiar_name}")
        tags = tuple(name for name in here if name.tag and reference.tag in (None, name.tag))
        if reference.tag and not tags:
            raise NotFound(f"tag does not exist: {reference.familiar}")
        return tags

    async def _join(
        self, reference: Reference, credentials: Credentials | None, platform: Platform, report: Report
    ) -> bool:
        source = Source(reference=reference, credentials=credentials)
        # Who may not see an image must not get it from one who may: credentials are part of what is asked for.
        return await self._flights.join((source, platform), partial(self._pull, source, platform), report)

    async def _pull(self, source: Source, platform: Platform, report: Report) -> bool:
        """Whether the name has another image now than before."""
        reference = source.reference
        # Before the first word: a registry that has no such image is an error of the request, not of its stream.
        resolved = await self._registry.resolve(reference, source.credentials)
        place = reference.canonical if reference.digest else reference.tag or ""
        report(Progress(id=place, status=f"Pulling from {reference.path}"))
        before = self._images.named(reference)
        found = await self._image_of(source, resolved, platform)
        manifest = read_manifest(found.data)
        names = tuple(dict.fromkeys((reference, _at(reference, resolved.descriptor.digest))))
        image = await self._name(manifest.config.digest, names)
        if image is None:
            image = await self._fetch_or_make_room(source, found, manifest, names, report)
        report(Progress(status=f"Digest: {resolved.descriptor.digest}"))
        attributes = {**image.config.labels, "name": reference.familiar_name}
        self._events.publish("image", "pull", reference.familiar, attributes)
        return before is None or before.id != image.id

    async def _image_of(self, source: Source, resolved: Resolved, platform: Platform) -> Resolved:
        """The manifest of an image: ``resolved`` itself, or the one for the platform that its index leads to."""
        while resolved.descriptor.media_type in (INDEX_OCI, INDEX_DOCKER):
            child = best_match(read_index(resolved.data), platform)
            resolved = await self._registry.resolve(_at(source.reference, child.digest), source.credentials)
        return resolved

    async def _fetch_or_make_room(
        self, source: Source, found: Resolved, manifest: Manifest, names: tuple[Reference, ...], report: Report
    ) -> Image:
        """On a full disk not even whole blobs stay."""
        try:
            return await self._fetch(source, found, manifest, names, report)
        except NoSpace:
            await self._images.collect()
            raise

    async def _fetch(
        self, source: Source, found: Resolved, manifest: Manifest, names: tuple[Reference, ...], report: Report
    ) -> Image:
        _check_config(manifest.config)
        blobs = tuple(layer.digest for layer in manifest.layers)
        async with self._images.hold(manifest.config.digest, *blobs):
            await self._fetcher.blob(source, manifest.config)
            config = await self._content.read(manifest.config.digest)
            image = read_image(config)
            _check_image(image, manifest)
            steps = tuple(
                Step(descriptor=descriptor, link=link)
                for descriptor, link in zip(manifest.layers, links(image.diff_ids, blobs), strict=True)
            )
            async with self._images.hold(*(step.link.chain_id for step in steps)):
                layers = await self._fetcher.layers(source, steps, report)
                return await self._images.add(
                    config, found.data, _seen_at(source.reference, layers, blobs), names, arrived=True
                )

    async def _name(self, image_id: str, names: tuple[Reference, ...]) -> Image | None:
        """Give an image those of ``names`` that it lacks; None if it is not here."""
        image = self._records.images.get(image_id)
        if image is None:
            return None
        async with self._images.hold(image.id, image.manifest, image.chain_id):
            if self._records.images.get(image_id) is None:  # it was on its way out
                return None
            new = tuple(name for name in names if self._images.named(name) != image)
            if new:
                config = await self._content.read(image.id)
                await self._images.add(config, None, self._images.layers(image)[::-1], new, arrived=True)
            return image


def _outcome(is_newer: bool, reference: Reference) -> Progress:
    text = "Downloaded newer image" if is_newer else "Image is up to date"
    return Progress(status=f"Status: {text} for {reference.familiar}")


def _seen_at(reference: Reference, layers: tuple[Layer, ...], blobs: tuple[str, ...]) -> tuple[Layer, ...]:
    """The layers, those whose blob is the one of the repository with a note of that."""
    return tuple(
        known_at(layer, (reference.name,)) if layer.blob == blob else layer
        for layer, blob in zip(layers, blobs, strict=True)
    )


def _at(reference: Reference, digest: str) -> Reference:
    return Reference(domain=reference.domain, path=reference.path, digest=digest)


def _check_config(config: Descriptor) -> None:
    if config.media_type not in _CONFIGS:
        kind = "plugin" if config.media_type == CONFIG_PLUGIN else "unknown"
        raise CorruptImage(f'Encountered remote "{config.media_type}"({kind}) when fetching')
    check_config_size(config)


def _check_image(image: Image, manifest: Manifest) -> None:
    if image.platform.os not in ("linux", ""):
        raise NotSupported(f'image operating system "{image.platform.os}" cannot be used on this platform')
    if len(image.diff_ids) != len(manifest.layers):
        raise CorruptImage("layers from manifest don't match image configuration")
