"""Images written as one archive, for Docker, podman and all that read an OCI image layout.

Blobs go out as they are kept, mostly compressed: nothing is inflated, and a manifest from a registry stays true.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct
from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.images import Images, is_id_of, tell
from wherry.engine.images.layering import Layering
from wherry.engine.ports import Content
from wherry.errors import NoSuchImage
from wherry.model.image import Descriptor, Image
from wherry.model.reference import Reference
from wherry.plan.images import archive as image_archive
from wherry.plan.images.archive import Archived, blob_path, member_header, member_padding
from wherry.plan.images.manifest import (
    config_descriptor,
    manifest_descriptor,
    read_manifest,
    write_index,
    write_manifest,
)


class Chosen(Struct, frozen=True, kw_only=True):
    """An image to be saved, and the names to save it under."""

    image: Image
    names: tuple[Reference, ...]


class _Parts(Struct, frozen=True, kw_only=True):
    """The blobs of an image, and the bytes of its manifest."""

    chosen: Chosen
    config: Descriptor
    layers: tuple[Descriptor, ...]
    manifest: Descriptor
    document: bytes


class Saver:
    def __init__(self, *, images: Images, layering: Layering, content: Content, events: Events) -> None:
        self._images = images
        self._layering = layering
        self._content = content
        self._events = events

    async def save(self, refs: tuple[str, ...]) -> AsyncGenerator[bytes, None]:
        """The archive in chunks. NoSuchImage before the first one."""
        chosen = self._choose(refs)
        keys = [key for one in chosen for key in (one.image.id, one.image.manifest, one.image.chain_id)]
        layers = [layer for one in chosen for layer in self._images.layers(one.image)]
        keys += [key for layer in layers for key in (layer.blob, layer.diff_id)]  # plain tar has the diff ID
        async with self._images.hold(*keys):
            parts = [await self._parts(one) for one in chosen]
            async with aclosing(self._archive(parts)) as chunks:
                async for chunk in chunks:
                    yield chunk
        for one in chosen:
            tell(self._events, one.image, "save")

    def _choose(self, refs: tuple[str, ...]) -> tuple[Chosen, ...]:
        """Each image once, with all the names that it was asked for by."""
        chosen: dict[str, Chosen] = {}
        for ref in refs:
            for image, names in self._meant(ref):
                before = chosen.get(image.id, Chosen(image=image, names=()))
                chosen[image.id] = replace(before, names=tuple(dict.fromkeys((*before.names, *names))))
        return tuple(chosen.values())

    def _meant(self, ref: str) -> list[tuple[Image, tuple[Reference, ...]]]:
        """A repository without a tag means all its tags; an ID means the image and no name."""
        image = self._find(ref)
        if image is not None and is_id_of(image, ref):
            return [(image, ())]
        reference = Reference.parse(ref)
        if not reference.tag and not reference.digest:
            tags = [name for name in self._images.all_names() if name.name == reference.name and not name.digest]
            if tags:
                return [(self._images.find(name.canonical), (name,)) for name in tags]
        if image is None:
            raise NoSuchImage(reference.familiar)
        return [(image, () if reference.digest else (reference.with_default_tag(),))]

    def _find(self, ref: str) -> Image | None:
        try:
            return self._images.find(ref)
        except NoSuchImage:
            return None

    async def _parts(self, chosen: Chosen) -> _Parts:
        image = chosen.image
        config = config_descriptor(image.id, self._content.size(image.id))
        blobs = tuple(layer.blob for layer in reversed(await self._layering.with_blobs(image)))
        document = await self._content.read(image.manifest) if image.manifest else b""
        if document and tuple(layer.digest for layer in read_manifest(document).layers) == blobs:
            manifest = read_manifest(document)
            config, layers = manifest.config, manifest.layers
        else:
            layers = tuple([await self._layering.described(blob) for blob in blobs])
            document = write_manifest(config, layers)
        return _Parts(
            chosen=chosen,
            config=config,
            layers=layers,
            manifest=manifest_descriptor(document),
            document=document,
        )

    async def _archive(self, parts: list[_Parts]) -> AsyncGenerator[bytes, None]:
        for name, data in _documents(parts).items():
            yield member_header(name, len(data)) + data + member_padding(len(data))
        blobs = {blob.digest: blob for part in parts for blob in (part.config, *part.layers)}
        for blob in blobs.values():
            yield member_header(blob_path(blob.digest), blob.size)
            async with aclosing(self._content.chunks(blob.digest)) as chunks:
                async for chunk in chunks:
                    yield chunk
            yield member_padding(blob.size)
        yield image_archive.ARCHIVE_END


def _documents(parts: list[_Parts]) -> dict[str, bytes]:
    """All that says what the blobs are."""
    archived = tuple(
        Archived(
            config=blob_path(part.config.digest),
            layers=tuple(blob_path(layer.digest) for layer in part.layers),
            names=tuple(name.familiar for name in part.chosen.names),
        )
        for part in parts
    )
    entries = [entry for part in parts for entry in _entries(part)]
    tops = {name: part.layers[-1].digest for part in parts if part.layers for name in part.chosen.names}
    documents = {
        image_archive.LAYOUT: image_archive.LAYOUT_VERSION,
        image_archive.INDEX: write_index(tuple(entries)),
        image_archive.MANIFEST: image_archive.write_archived(archived),
        **{blob_path(part.manifest.digest): part.document for part in parts},
    }
    if tops:
        documents[image_archive.REPOSITORIES] = image_archive.write_repositories(tops)
    return documents


def _entries(part: _Parts) -> list[Descriptor]:
    """One entry a name; one without, if there is no name."""
    named = [replace(part.manifest, annotations=image_archive.name_annotations(name)) for name in part.chosen.names]
    return named or [part.manifest]
