"""An image to a registry, told in Docker's words.

What was pulled goes back as it came: the same manifest, the same blobs. What was made here gets a manifest in Docker's
own form, whose layers are packed once.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack
from functools import partial

from msgspec import Struct

from wherry.engine.concurrency.operations import together
from wherry.engine.concurrency.progress import Report, metered, silent
from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.ports import Clock, Content, Registry
from wherry.engine.transfer.fetching import Fetcher, Source
from wherry.engine.transfer.telling import Told
from wherry.errors import NotFound, RegistryError, Unauthorized
from wherry.model.image import Descriptor, Image, Layer
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Resolved
from wherry.plan.images.manifest import (
    config_descriptor,
    manifest_descriptor,
    read_manifest,
    write_docker_manifest,
)
from wherry.plan.images.repositories import known_at, mountable
from wherry.plan.naming import short_id


class Parcel(Struct, frozen=True, kw_only=True):
    """A blob on its way: ``layer`` is what it unpacks to, ``repositories`` are known to have it."""

    layer: Layer
    descriptor: Descriptor
    repositories: tuple[str, ...] = ()


class Pusher:
    """``max_uploads`` counts over all pushes."""

    def __init__(
        self,
        *,
        images: Images,
        registry: Registry,
        content: Content,
        layering: Layering,
        fetcher: Fetcher,
        clock: Clock,
        max_uploads: int,
    ) -> None:
        self._images = images
        self._registry = registry
        self._content = content
        self._layering = layering
        self._fetcher = fetcher
        self._clock = clock
        self._max_uploads = max_uploads
        self._slots = asyncio.Semaphore(max_uploads)

    def limit(self, max_uploads: int) -> None:
        """Another limit, for what begins from now on."""
        self._max_uploads = max_uploads
        self._slots = asyncio.Semaphore(max_uploads)

    async def push(self, target: Source, image: Image, report: Report) -> None:
        """Bring an image to the repository and under the tag of ``target``. Whole blobs stay there if this ends early.

        Raises Unauthorized, RegistryError, CorruptLayer.
        """
        await self._registry.find(target.reference.domain)
        layers = self._images.layers(image)
        async with AsyncExitStack() as holds:
            await holds.enter_async_context(self._images.hold(image.id, image.manifest, image.chain_id))
            self._announce(layers, report)
            document = await self._original(target, image, holds)
            if document is None:
                document, parcels = await self._send_made(target, image, layers, report)
            else:
                parcels = await self._send_original(target, image, layers, document, report)
            await self._blob(target, read_manifest(document).config)
            resolved = Resolved(descriptor=manifest_descriptor(document), data=document)
            await self._registry.put_manifest(target.reference, resolved, target.credentials)
            await self._note(target.reference, image, resolved, parcels)
        _tell_end(target.reference, resolved.descriptor, report)

    def _announce(self, layers: tuple[Layer, ...], report: Report) -> None:
        names = tuple(dict.fromkeys(short_id(layer.diff_id) for layer in layers))
        for name in names:
            report(Progress(id=name, status="Preparing"))
        for name in names[self._max_uploads :]:
            report(Progress(id=name, status="Waiting"))

    async def _original(self, target: Source, image: Image, holds: AsyncExitStack) -> bytes | None:
        """The manifest that an image came with, if the blobs that it names can be had; they are held."""
        if not image.manifest:
            return None
        document = await self._content.read(image.manifest)
        descriptors = read_manifest(document).layers
        await holds.enter_async_context(self._images.hold(*(each.digest for each in descriptors)))
        return document if await self._can_be_had(target, image, descriptors) else None

    async def _send_original(
        self, target: Source, image: Image, layers: tuple[Layer, ...], document: bytes, report: Report
    ) -> tuple[Parcel, ...]:
        """Send the blobs that a manifest names, the uppermost layer's first and each once."""
        pairs = zip(layers, reversed(read_manifest(document).layers), strict=True)
        parcels = {descriptor.digest: self._parcel(image, layer, descriptor) for layer, descriptor in pairs}
        await together(*(self._send(target, parcel, report) for parcel in parcels.values()))
        return tuple(parcels.values())

    async def _send_made(
        self, target: Source, image: Image, layers: tuple[Layer, ...], report: Report
    ) -> tuple[bytes, tuple[Parcel, ...]]:
        """Pack layers and send each as soon as it is packed; gives the manifest that names them as well."""
        distinct = {layer.diff_id: layer for layer in layers}
        parcels = await together(*(self._pack_and_send(target, image, each, report) for each in distinct.values()))
        blobs = {parcel.layer.diff_id: parcel.descriptor for parcel in parcels}
        config = config_descriptor(image.id, self._content.size(image.id))
        return write_docker_manifest(config, tuple(blobs[layer.diff_id] for layer in reversed(layers))), parcels

    async def _pack_and_send(self, target: Source, image: Image, layer: Layer, report: Report) -> Parcel:
        async with self._slots:
            layer, descriptor = await self._layering.compressed(layer)
        parcel = self._parcel(image, layer, descriptor)
        await self._send(target, parcel, report)
        return parcel

    def _parcel(self, image: Image, layer: Layer, descriptor: Descriptor) -> Parcel:
        origins = tuple(name.name for name in self._images.names(image.id) if name.digest)
        known = layer.repositories if layer.blob == descriptor.digest else ()
        return Parcel(layer=layer, descriptor=descriptor, repositories=(*origins, *known))

    async def _can_be_had(self, target: Source, image: Image, descriptors: Iterable[Descriptor]) -> bool:
        """Whether the blobs are here, or at the target, or could be fetched from where the image came from.

        A layer that was here when the image was pulled was not downloaded, and may be packed in another way.
        """
        for descriptor in descriptors:
            if self._content.has(descriptor.digest):
                continue
            if await self._registry.exists(target.reference, descriptor.digest, target.credentials):
                continue
            if not await self._fetched(target, image, descriptor):
                return False
        return True

    async def _fetched(self, target: Source, image: Image, descriptor: Descriptor) -> bool:
        for origin in (name for name in self._images.names(image.id) if name.digest):
            is_same = origin.domain == target.reference.domain
            source = Source(reference=origin, credentials=target.credentials if is_same else None)
            try:
                await self._fetcher.blob(source, descriptor)
            except (NotFound, Unauthorized, RegistryError):
                continue
            return True
        return False

    async def _send(self, target: Source, parcel: Parcel, report: Report) -> None:
        name = short_id(parcel.layer.diff_id)
        told = partial(Progress, id=name)
        digest, credentials = parcel.descriptor.digest, target.credentials
        async with self._slots:
            if await self._registry.exists(target.reference, digest, credentials):
                report(told(status="Layer already exists"))
                return
            for path in mountable(parcel.repositories, target.reference):
                if await self._registry.mount(target.reference, digest, path, credentials):
                    report(told(status=f"Mounted from {path}"))
                    return
            await self._upload(target, parcel.descriptor, report, name)
            report(told(status="Pushed"))

    async def _blob(self, target: Source, descriptor: Descriptor) -> None:
        """A small blob, without telling."""
        if not await self._registry.exists(target.reference, descriptor.digest, target.credentials):
            await self._upload(target, descriptor, silent)

    async def _upload(self, target: Source, descriptor: Descriptor, report: Report, name: str = "") -> None:
        """``report`` is told of ``name``."""
        told = Told(descriptor, report, name)

        def body() -> AsyncGenerator[bytes, None]:
            return metered(self._content.chunks(descriptor.digest), self._clock, partial(told.progress, "Pushing"))

        await self._registry.upload(target.reference, descriptor, body, target.credentials, told.pausing)

    async def _note(self, reference: Reference, image: Image, manifest: Resolved, parcels: tuple[Parcel, ...]) -> None:
        layers = tuple(
            known_at(parcel.layer, (reference.name,))
            for parcel in parcels
            if parcel.layer.blob == parcel.descriptor.digest
        )
        name = Reference(domain=reference.domain, path=reference.path, digest=manifest.descriptor.digest)
        await self._images.pushed(image, manifest.data, layers, name)


def _tell_end(reference: Reference, manifest: Descriptor, report: Report) -> None:
    tag = reference.tag or ""
    report(Progress(status=f"{tag}: digest: {manifest.digest} size: {manifest.size}"))
    report(Progress(aux={"Tag": tag, "Digest": manifest.digest, "Size": manifest.size}))
