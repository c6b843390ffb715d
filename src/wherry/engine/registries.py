"""What a registry is asked without moving an image: who one is, what it has."""

from contextlib import aclosing

from msgspec import Struct

from wherry.engine.ports import Registry
from wherry.errors import InvalidArgument
from wherry.model.image import INDEX_DOCKER, INDEX_OCI, Descriptor, Platform
from wherry.model.reference import DEFAULT_DOMAIN, LEGACY_DOMAIN, Reference
from wherry.model.registry import Credentials, Found
from wherry.plan.filters import SearchFilter
from wherry.plan.images.configuration import read_image
from wherry.plan.images.manifest import check_config_size, read_index, read_manifest
from wherry.plan.images.repositories import search_target
from wherry.plan.urls import check_url

MAX_RESULTS = 100
DEFAULT_RESULTS = 25


class Distribution(Struct, frozen=True, kw_only=True):
    """What a registry has under a name, and what it runs on."""

    descriptor: Descriptor
    platforms: tuple[Platform, ...] = ()


class Registries:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def login(self, server: str, credentials: Credentials) -> str:
        """Try credentials at a registry, by host or URL, "" for Docker Hub.

        Raises InvalidArgument for what is no URL, Unauthorized, RegistryError. Gives an identity token to keep in the
        place of the password, "" if the registry gives none.
        """
        try:
            check_url(server if server.startswith(("http://", "https://")) else f"https://{server}")
        except InvalidArgument as error:
            raise InvalidArgument(f"unable to parse server address: {error}") from None
        host = server.removeprefix("https://").removeprefix("http://").partition("/")[0]
        return await self._registry.login(DEFAULT_DOMAIN if host in ("", LEGACY_DOMAIN) else host, credentials)

    async def inspect(self, reference: Reference, credentials: Credentials | None = None) -> Distribution:
        """Look a name up without pulling. NoSuchManifest, Unauthorized, CorruptImage, RegistryError."""
        reference = reference.with_default_tag()
        resolved = await self._registry.resolve(reference, credentials)
        if resolved.descriptor.media_type in (INDEX_DOCKER, INDEX_OCI):
            entries = read_index(resolved.data)
            platforms = tuple(entry.platform for entry in entries if entry.platform is not None)
        else:
            platforms = (await self._platform(reference, read_manifest(resolved.data).config, credentials),)
        return Distribution(descriptor=resolved.descriptor, platforms=platforms)

    async def search(
        self, term: str, *, limit: int, wanted: SearchFilter, credentials: Credentials | None = None
    ) -> tuple[Found, ...]:
        """Repositories of Docker Hub, or of the registry that ``term`` begins with; ``limit`` 0 for the default.

        InvalidArgument, RegistryError.
        """
        limit = limit or DEFAULT_RESULTS
        if not 1 <= limit <= MAX_RESULTS:
            raise InvalidArgument(f"limit {limit} is outside the range of [1, {MAX_RESULTS}]")
        domain, words = search_target(term)
        found = await self._registry.search(domain, words, limit, credentials)
        return tuple(one for one in found if wanted.matches(one))

    async def _platform(self, reference: Reference, config: Descriptor, credentials: Credentials | None) -> Platform:
        check_config_size(config)
        async with aclosing(self._registry.blob(reference, config, credentials)) as chunks:
            data = b"".join([chunk async for chunk in chunks])
        return read_image(data).platform
