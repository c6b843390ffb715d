"""Managed plugins: there are none, and none can be had."""

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, json_response
from wherry.errors import NotFound, NotSupported
from wherry.plan.filters import parse_flag

_FILTERS = frozenset(("capability", "enabled"))


class PluginRoutes:
    def register(self, router: Router) -> None:
        router.add("GET", "/plugins", self.list)
        router.add("GET", "/plugins/privileges", self.refuse)
        router.add("POST", "/plugins/pull", self.refuse)
        router.add("POST", "/plugins/create", self.refuse)
        router.add("GET", "/plugins/{name:path}/json", self.find)
        router.add("DELETE", "/plugins/{name:path}", self.find)
        for verb in ("enable", "disable", "upgrade", "push", "set"):
            router.add("POST", f"/plugins/{{name:path}}/{verb}", self.find)

    async def list(self, request: Request) -> Response:
        parse_flag(parameters.filters(request, _FILTERS), "enabled")
        return json_response([])

    async def find(self, request: Request) -> Response:
        raise NotFound(f'plugin "{request.params["name"]}" not found')

    async def refuse(self, request: Request) -> Response:
        raise NotSupported("this engine has no managed plugins")
