"""Images read from an archive: Docker's form, or an OCI image layout.

The archive's files become blobs first, for what tells what they are may stand at its end.
"""

from collections.abc import AsyncIterable, Mapping

from msgspec import Struct

from wherry.engine.concurrency.operations import together
from wherry.engine.concurrency.progress import Report
from wherry.engine.events import Events
from wherry.engine.images import Images, tell
from wherry.engine.images.unpacking import Link, Unpacker, links
from wherry.engine.ports import Content, ImageArchives
from wherry.errors import CorruptImage, InvalidReference
from wherry.model.archive import Blob, Member
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, Descriptor, Image, Layer, Platform
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.plan.images import archive as image_archive
from wherry.plan.images.archive import Archived, blob_path
from wherry.plan.images.configuration import read_image
from wherry.plan.images.manifest import read_index, read_manifest
from wherry.plan.naming import short_id

MAX_DOCUMENT = 16 << 20

Members = Mapping[str, Member]


class Found(Struct, frozen=True, kw_only=True):
    """An image of an archive: the bytes that describe it, the blobs of its layers (the lowest first), its names."""

    config: bytes
    manifest: bytes | None = None
    layers: tuple[Blob, ...] = ()
    names: tuple[Reference, ...] = ()


class Loader:
    def __init__(
        self,
        *,
        images: Images,
        archives: ImageArchives,
        unpacker: Unpacker,
        content: Content,
        events: Events,
        platform: Platform,
    ) -> None:
        self._images = images
        self._archives = archives
        self._unpacker = unpacker
        self._content = content
        self._events = events
        self._platform = platform

    async def load(self, chunks: AsyncIterable[bytes], report: Report, *, bars: bool) -> None:
        """All images of an archive, told in Docker's words; with ``bars`` also how far each layer is.

        Raises CorruptImage, CorruptLayer, InvalidReference; images that were complete by then stay.
        """
        async with self._images.receiving():
            members = await self._archives.unpack(chunks)
            unnamed: list[str] = []
            found = await self._found(members)
            for one in found:
                image = await self._add(one, report, bars)
                unnamed += [image.id]
                tell(self._events, image, "load")
            if not any(one.names for one in found):
                for image_id in unnamed:
                    report(Progress(stream=f"Loaded image ID: {image_id}\n"))

    async def _found(self, members: Members) -> list[Found]:
        if image_archive.MANIFEST in members:
            archived = image_archive.read_archived(await self._document(members, image_archive.MANIFEST))
            return [await self._docker_image(members, one) for one in archived]
        if image_archive.INDEX in members:
            entries = read_index(await self._document(members, image_archive.INDEX))
            return [await self._oci_image(members, entry) for entry in entries]
        raise CorruptImage("invalid archive: it holds neither manifest.json nor index.json")

    async def _docker_image(self, members: Members, archived: Archived) -> Found:
        return Found(
            config=await self._document(members, archived.config),
            layers=tuple(image_archive.find(members, path) for path in archived.layers),
            names=tuple(_tagged(text) for text in archived.names),
        )

    async def _oci_image(self, members: Members, entry: Descriptor) -> Found:
        names = image_archive.names_of(entry)
        document = await self._described(members, entry)
        while entry.media_type in (INDEX_OCI, INDEX_DOCKER):
            entry = image_archive.choose(read_index(document), self._platform)
            document = await self._described(members, entry)
        manifest = read_manifest(document)
        return Found(
            config=await self._described(members, manifest.config),
            manifest=document,
            layers=tuple(_blob(members, layer) for layer in manifest.layers),
            names=names,
        )

    async def _described(self, members: Members, descriptor: Descriptor) -> bytes:
        return await self._read(_blob(members, descriptor), blob_path(descriptor.digest))

    async def _document(self, members: Members, path: str) -> bytes:
        return await self._read(image_archive.find(members, path), path)

    async def _read(self, blob: Blob, path: str) -> bytes:
        if blob.size > MAX_DOCUMENT:
            raise CorruptImage(f"invalid archive: {path} is larger than {MAX_DOCUMENT} bytes")
        return await self._content.read(blob.digest)

    async def _add(self, found: Found, report: Report, bars: bool) -> Image:
        image = read_image(found.config)
        if image.platform.os not in ("linux", ""):
            raise CorruptImage(f"cannot load {image.platform.os} image on linux")
        if len(found.layers) != len(image.diff_ids):
            expected, actual = len(found.layers), len(image.diff_ids)
            raise CorruptImage(f"invalid manifest, layers length mismatch: expected {expected}, got {actual}")
        stack = links(image.diff_ids, tuple(blob.digest for blob in found.layers))
        async with self._images.hold(*(link.chain_id for link in stack)):
            sizes = (blob.size for blob in found.layers)
            layers = await together(*(self._layer(*each, report, bars) for each in zip(stack, sizes, strict=True)))
            for name in found.names:
                self._warn(name, image, report)
            image = await self._images.add(found.config, found.manifest, layers, found.names, arrived=True)
        for name in found.names:
            report(Progress(stream=f"Loaded image: {name.familiar}\n"))
        return image

    async def _layer(self, link: Link, size: int, report: Report, bars: bool) -> Layer:
        layer = self._images.layer(link.chain_id)
        if layer is not None:
            return layer

        def tell(passed: int) -> None:
            report(Progress(id=short_id(link.diff_id), status="Loading layer", current=passed, total=size))

        return await self._unpacker.from_blob(link, fresh=True, passed=tell if bars else None)

    def _warn(self, name: Reference, image: Image, report: Report) -> None:
        old = self._images.named(name)
        if old is not None and old.id != image.id:
            text = f"The image {name.familiar} already exists, renaming the old one with ID {old.id} to empty string\n"
            report(Progress(stream=text))


def _blob(members: Members, descriptor: Descriptor) -> Blob:
    """The blob of a layout; CorruptImage if it is not what its name says."""
    blob = image_archive.find(members, blob_path(descriptor.digest))
    if blob.digest != descriptor.digest:
        raise CorruptImage(f"invalid archive: {blob_path(descriptor.digest)} has the digest {blob.digest}")
    return blob


def _tagged(text: str) -> Reference:
    reference = Reference.parse(text)
    if not reference.tag or reference.digest:
        raise InvalidReference(f'invalid tag "{text}"')
    return reference
