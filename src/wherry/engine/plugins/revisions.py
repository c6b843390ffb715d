"""What a managed plugin is made of until it is upgraded: of an archive, or of the blobs that a registry has of it. They
are kept: what runs may change its root, and a registry gets what there was."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from wherry.engine.concurrency.operations import together
from wherry.engine.concurrency.progress import Report, metered
from wherry.engine.ports import Clock, Content, PluginFiles, Registry
from wherry.engine.transfer.fetching import Source
from wherry.engine.transfer.telling import Told
from wherry.errors import (
    CorruptImage,
    CorruptLayer,
    DigestMismatch,
    InternalError,
    NoSuchManifest,
    RegistryError,
    Unauthorized,
)
from wherry.model.image import LAYER_DOCKER_GZIP, MANIFEST_DOCKER, Descriptor
from wherry.model.plugin import CONFIG_PLUGIN, Plugin, PluginConfig, PluginPrivilege, PluginRootfs
from wherry.model.progress import Progress
from wherry.model.registry import Resolved
from wherry.plan.images.manifest import (
    Manifest,
    check_config_size,
    manifest_descriptor,
    read_manifest,
    write_manifest,
)
from wherry.plan.plugins.config import read_config, write_config
from wherry.plan.plugins.privileges import check_granted, privileges


class Revision(Struct, frozen=True, kw_only=True):
    """``name`` is that of its files, ``manifest`` the digest of the blob that names the others."""

    name: str
    manifest: str
    config: PluginConfig


class Revisions:
    """Those that are made here leave files when they fail."""

    def __init__(self, *, files: PluginFiles, registry: Registry, clock: Clock, version: str) -> None:
        """``version``: of the engine, which is written into the configurations of plugins that are made here."""
        self._files = files
        self._registry = registry
        self._clock = clock
        self._version = version

    async def made(self, chunks: AsyncIterable[bytes], name: str) -> Revision:
        """Of an archive with ``config.json`` and ``rootfs``. Raises what unpacking does, and InternalError."""
        blobs = await self._files.begin(name)
        try:
            found = await self._files.unpack(name, chunks)
        except CorruptLayer as error:
            raise CorruptLayer(f"failed to read from tar: {error}") from error
        rootfs = PluginRootfs(type="layers", diff_ids=(found.diff_id,))
        config = replace(read_config(found.config), docker_version=self._version, rootfs=rootfs)
        written = write_config(config)
        described = Descriptor(media_type=CONFIG_PLUGIN, digest=await blobs.put(written), size=len(written))
        layer = Descriptor(media_type=LAYER_DOCKER_GZIP, digest=found.layer.digest, size=found.layer.size)
        manifest = await blobs.put(write_manifest(described, (layer,), MANIFEST_DOCKER))
        return Revision(name=name, manifest=manifest, config=config)

    async def fetched(
        self, source: Source, granted: tuple[PluginPrivilege, ...], report: Report, name: str
    ) -> Revision:
        """What a registry has. InternalError if it wants other things of the host than are ``granted``; CorruptImage
        for what is no plugin; what resolving, downloading and unpacking raise."""
        resolved = await self._resolved(source)
        reference = source.reference
        place = reference.canonical if reference.digest else reference.tag or ""
        report(Progress(id=place, status=f"Pulling from {reference.familiar_name}"))
        report(Progress(status=f"Digest: {resolved.descriptor.digest}"))
        manifest = read_manifest(resolved.data)
        if manifest.config.media_type != CONFIG_PLUGIN:
            raise CorruptImage("fetched plugin image but plugin config is missing")
        blobs = await self._files.begin(name)
        text = await self._config(source, manifest)
        config = read_config(text)
        check_granted(config, granted)
        await blobs.put(text)
        for layer in manifest.layers:
            Told(layer, report).status("Waiting")
        await together(*(self._download(source, layer, blobs, report) for layer in manifest.layers))
        await self._files.assemble(name, tuple(layer.digest for layer in manifest.layers))
        for layer in manifest.layers:
            Told(layer, report).status("Complete")
        return Revision(name=name, manifest=await blobs.put(resolved.data), config=config)

    async def privileges(self, source: Source) -> tuple[PluginPrivilege, ...]:
        """What a plugin in a registry wants of the host. Raises as ``fetched``."""
        manifest = read_manifest((await self._resolved(source)).data)
        if manifest.config.media_type != CONFIG_PLUGIN:
            raise InternalError(f"did not find plugin config for specified reference {source.reference.canonical}")
        return privileges(read_config(await self._config(source, manifest)))

    async def push(self, plugin: Plugin, target: Source, report: Report) -> None:
        """Bring a plugin to its registry. Unauthorized, RegistryError."""
        blobs = self._files.blobs(plugin.revision)
        document = await blobs.read(plugin.manifest)
        resolved = Resolved(descriptor=manifest_descriptor(document), data=document)
        manifest = read_manifest(document)
        parts = (*manifest.layers, manifest.config)
        report(Progress(status=f"The push refers to repository [{target.reference.familiar_name}]"))
        for each in (resolved.descriptor, *parts):
            Told(each, report).status("Preparing")
        await together(*(self._upload(target, each, blobs, report) for each in parts))
        await self._registry.put_manifest(target.reference, resolved, target.credentials)
        for each in (resolved.descriptor, *parts):
            Told(each, report).status("Upload complete")
        tag, described = target.reference.tag or "", resolved.descriptor
        report(Progress(aux={"Tag": tag, "Digest": described.digest, "Size": described.size}))

    async def _resolved(self, source: Source) -> Resolved:
        try:
            return await self._registry.resolve(source.reference, source.credentials)
        except (NoSuchManifest, Unauthorized, RegistryError) as error:
            kind = NoSuchManifest if isinstance(error, NoSuchManifest) else RegistryError
            raise kind(f"error resolving plugin reference: {error}") from error

    async def _config(self, source: Source, manifest: Manifest) -> bytes:
        check_config_size(manifest.config)
        async with aclosing(self._registry.blob(source.reference, manifest.config, source.credentials)) as chunks:
            text = b"".join([chunk async for chunk in chunks])
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        if digest != manifest.config.digest:
            raise DigestMismatch(manifest.config.digest, digest)
        return text

    async def _download(self, source: Source, layer: Descriptor, blobs: Content, report: Report) -> None:
        told = Told(layer, report)
        chunks = self._registry.blob(source.reference, layer, source.credentials, told.pausing)
        downloading = metered(chunks, self._clock, partial(told.progress, "Downloading"))
        await blobs.ingest(downloading, layer.digest, layer.size)
        told.status("Download complete")

    async def _upload(self, target: Source, part: Descriptor, blobs: Content, report: Report) -> None:
        told = Told(part, report)

        def body() -> AsyncGenerator[bytes, None]:
            return metered(blobs.chunks(part.digest), self._clock, partial(told.progress, "Pushing"))

        if not await self._registry.exists(target.reference, part.digest, target.credentials):
            await self._registry.upload(target.reference, part, body, target.credentials, told.pausing)
