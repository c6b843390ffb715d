"""Manifests and lists of them, from registries and to them."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec
from msgspec.structs import replace

from wherry.errors import InvalidArgument, NoSuchManifest, NotFound, RegistryError, Unauthorized
from wherry.manifests.records import (
    Described,
    ListedManifest,
    Platform,
    check_same_registry,
    config_of,
    digest_of,
    index,
)
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, Descriptor
from wherry.model.malformed import MALFORMED
from wherry.model.reference import Reference
from wherry.model.registry import Credentials, Resolved
from wherry.registry import Registry
from wherry.registry.reasons import NoCredentials, NotAuthorized

_INDEXES: Final = (INDEX_DOCKER, INDEX_OCI)
_MOST: Final = 4 << 20  # bytes of a configuration
_PLAIN: Final = "server gave HTTP response to HTTPS client"


class _Entry(msgspec.Struct):
    digest: str
    platform: Platform = Platform()


class _Index(msgspec.Struct):
    manifests: tuple[_Entry, ...] = ()


class ManifestRegistry:
    """``credentials`` are the user's at the registry that is asked, None without."""

    def __init__(self, registry: Registry, credentials: Callable[[str], Credentials | None]) -> None:
        self._registry = registry
        self._credentials = credentials

    async def manifest(self, reference: Reference) -> ListedManifest:
        """NoSuchManifest, InvalidArgument for a list, RegistryError."""
        resolved = await self._resolve(reference)
        if resolved.descriptor.media_type in _INDEXES:
            raise InvalidArgument(f"{reference.canonical} is a manifest list")
        return await self._listed(reference, resolved)

    async def manifest_or_list(self, reference: Reference) -> ListedManifest | tuple[ListedManifest, ...]:
        """NoSuchManifest, RegistryError."""
        resolved = await self._resolve(reference)
        if resolved.descriptor.media_type not in _INDEXES:
            return await self._listed(reference, resolved)
        entries = msgspec.json.decode(resolved.data, type=_Index).manifests
        found = []
        for entry in entries:
            manifest = await self.manifest(reference.with_digest(entry.digest))
            found.append(manifest.on(entry.platform))
        return tuple(found)

    async def push(
        self, target: Reference, manifests: Sequence[ListedManifest], pushed: Callable[[Reference, str], None]
    ) -> str:
        """The digest of the list. What other repositories of the registry have is mounted into the target's first;
        ``pushed`` is told of each manifest that went there with it. InvalidArgument, Unauthorized, RegistryError."""
        check_same_registry(target, manifests)
        for manifest in manifests:
            if not (manifest.platform.architecture and manifest.platform.os):
                raise InvalidArgument(
                    f"manifest {manifest.ref} must have an OS and Architecture to be pushed to a registry"
                )
        strangers = [manifest for manifest in manifests if manifest.reference.name != target.name]
        for manifest in strangers:
            await self._mount(target, manifest)
        for manifest in strangers:
            place = replace(target, tag=None, digest=manifest.descriptor.digest)
            await self._put(place, manifest.resolved)
            pushed(place, manifest.descriptor.digest)
        whole = index(manifests)
        await self._put(target, whole)
        return whole.descriptor.digest

    async def _resolve(self, reference: Reference) -> Resolved:
        try:
            return await self._registry.resolve(reference, self._credentials(reference.domain))
        except (NoCredentials, NotAuthorized):
            raise
        except (NotFound, Unauthorized):
            raise NoSuchManifest(f"no such manifest: {reference.canonical}") from None
        except RegistryError as error:
            if _PLAIN in str(error):
                raise NoSuchManifest(f"no such manifest: {reference.canonical}") from None
            raise _explained(error) from error

    async def _listed(self, reference: Reference, resolved: Resolved) -> ListedManifest:
        platform = await self._platform(reference, resolved)
        told = resolved.descriptor
        descriptor = Described(media_type=told.media_type, digest=told.digest, size=told.size, platform=platform)
        return ListedManifest(ref=reference.canonical, descriptor=descriptor, raw=resolved.data)

    async def _platform(self, reference: Reference, resolved: Resolved) -> Platform:
        """What the configuration says."""
        config = config_of(resolved)
        if config.size > _MOST:
            raise RegistryError(f"the configuration of {reference.canonical} is too large: {config.size} bytes")
        descriptor = Descriptor(media_type="", digest=config.digest, size=config.size)
        stream = self._registry.blob(reference, descriptor, self._credentials(reference.domain))
        async with aclosing(stream) as chunks:
            data = b"".join([chunk async for chunk in chunks])
        if digest_of(data) != config.digest:
            raise RegistryError(f"image config verification failed for digest {config.digest}")
        try:
            return msgspec.json.decode(data, type=Platform)
        except MALFORMED as error:
            raise RegistryError(f"error unmarshalling content: {error}") from error

    async def _mount(self, target: Reference, manifest: ListedManifest) -> None:
        source = manifest.reference
        for digest in manifest.blobs:
            mounted = await self._registry.mount(target, digest, source.path, self._credentials(target.domain))
            if not mounted and manifest.platform.os != "windows":
                raise RegistryError(f"error mounting {source.name}@{digest} to {target.canonical}")

    async def _put(self, place: Reference, manifest: Resolved) -> None:
        try:
            await self._registry.put_manifest(place, manifest, self._credentials(place.domain))
        except RegistryError as error:
            raise _explained(error) from error


def _explained(error: RegistryError) -> RegistryError:
    """In docker's words where nobody answered at all."""
    text = str(error)
    unanswered = '/v2/": ' in text
    return RegistryError(f"failed to configure transport: error pinging v2 registry: {text}") if unanswered else error
