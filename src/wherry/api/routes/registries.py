"""Registries: log in, look a name up, search."""

from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, json_response
from wherry.api.translate.credentials import credentials, given
from wherry.api.translate.registries import distribution_inspect, search_result
from wherry.model.reference import Reference
from wherry.plan.filters import SEARCH_FILTERS, SearchFilter
from wherry.wire.registry import AuthConfig, AuthResponse

if TYPE_CHECKING:
    from wherry.engine.registries import Registries


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
        return json_response(distribution_inspect(await self._registries.inspect(reference, who)))

    async def search(self, request: Request) -> Response:
        query = request.query
        found = await self._registries.search(
            query.get("term", ""),
            limit=query.integer("limit", 0),
            wanted=SearchFilter.read(parameters.filters(request, SEARCH_FILTERS)),
            credentials=credentials(request.headers.get("x-registry-auth")),
        )
        return json_response([search_result(one) for one in found])
