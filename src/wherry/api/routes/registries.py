"""Registries: log in, look a name up, search."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, json_response
from wherry.api.translate.credentials import credentials, given
from wherry.model.image import Platform
from wherry.model.reference import Reference
from wherry.model.registry import Found
from wherry.plan.filters import SEARCH_FILTERS, SearchFilter
from wherry.wire.registry import (
    AuthConfig,
    AuthResponse,
    DescriptorResponse,
    DistributionInspect,
    PlatformResponse,
    SearchResult,
)

if TYPE_CHECKING:
    from wherry.engine.registries import Distribution, Registries


class RegistryRoutes:
    def __init__(self, registries: "Registries") -> None:
        self._registries = registries

    def register(self, router: Router) -> None:
        router.add("POST", "/auth", self.login)
        router.add("GET", "/distribution/{name:path}/json", self.inspect)
        router.add("GET", "/images/search", self.search)

    async def login(self, request: Request) -> Response:
        auth = await request.json(AuthConfig)
        token = await self._registries.login(auth.serveraddress or "", given(auth))
        return json_response(AuthResponse(identity_token=token, status="Login Succeeded"))

    async def inspect(self, request: Request) -> Response:
        reference = Reference.parse(request.params["name"])
        who = credentials(request.headers.get("x-registry-auth"))
        return json_response(_distribution(await self._registries.inspect(reference, who)))

    async def search(self, request: Request) -> Response:
        query = request.query
        found = await self._registries.search(
            query.get("term", ""),
            limit=query.integer("limit", 0),
            wanted=SearchFilter.read(parameters.filters(request, SEARCH_FILTERS)),
            credentials=credentials(request.headers.get("x-registry-auth")),
        )
        return json_response([_result(one) for one in found])


def _distribution(found: "Distribution") -> DistributionInspect:
    descriptor = found.descriptor
    return DistributionInspect(
        descriptor=DescriptorResponse(media_type=descriptor.media_type, digest=descriptor.digest, size=descriptor.size),
        platforms=[_platform(platform) for platform in found.platforms],
    )


def _platform(platform: Platform) -> PlatformResponse:
    return PlatformResponse(architecture=platform.architecture, os=platform.os, variant=platform.variant or UNSET)


def _result(found: Found) -> SearchResult:
    return SearchResult(
        star_count=found.stars,
        is_official=found.is_official,
        name=found.name,
        description=found.description,
    )
