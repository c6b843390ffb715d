"""Managed plugins. They are made, found, set and run, but not had from a registry."""

import re
from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.translate.plugins import plugin_resource
from wherry.errors import InternalError, NotSupported
from wherry.plan.filters import PLUGIN_FILTERS, PluginFilter

if TYPE_CHECKING:
    from wherry.engine.plugins import ManagedPlugins


_NUMBER = re.compile(r"[+-]?[0-9]+")


class PluginRoutes:
    def __init__(self, plugins: "ManagedPlugins") -> None:
        self._plugins = plugins

    def register(self, router: Router) -> None:
        router.add("GET", "/plugins", self.list)
        router.add("GET", "/plugins/privileges", self.refuse)
        router.add("POST", "/plugins/pull", self.refuse)
        router.add("POST", "/plugins/create", self.create)
        router.add("GET", "/plugins/{name:path}/json", self.inspect)
        router.add("DELETE", "/plugins/{name:path}", self.remove)
        router.add("POST", "/plugins/{name:path}/set", self.set)
        router.add("POST", "/plugins/{name:path}/disable", self.disable)
        router.add("POST", "/plugins/{name:path}/enable", self.enable)
        for verb in ("upgrade", "push"):
            router.add("POST", f"/plugins/{{name:path}}/{verb}", self.refuse_known)

    async def list(self, request: Request) -> Response:
        wanted = PluginFilter.read(parameters.filters(request, PLUGIN_FILTERS))
        return json_response([plugin_resource(plugin) for plugin in self._plugins.all() if wanted.matches(plugin)])

    async def create(self, request: Request) -> Response:
        request.body.welcome()
        await self._plugins.create(request.query.get("name", ""), request.body)
        return empty()

    async def inspect(self, request: Request) -> Response:
        return json_response(plugin_resource(self._plugins.find(request.params["name"])))

    async def set(self, request: Request) -> Response:
        settings = await request.json(tuple[str, ...], required=True)
        await self._plugins.set(request.params["name"], settings)
        return empty()

    async def remove(self, request: Request) -> Response:
        await self._plugins.remove(request.params["name"], force=request.query.flag("force"))
        return empty(200)

    async def enable(self, request: Request) -> Response:
        """``timeout`` is that of dockerd for its questions to the plugin; here each kind of question has its own."""
        timeout = request.query.get("timeout", "")
        if not _NUMBER.fullmatch(timeout):
            raise InternalError(f'strconv.Atoi: parsing "{timeout}": invalid syntax')
        await self._plugins.enable(request.params["name"])
        return empty(200)

    async def disable(self, request: Request) -> Response:
        await self._plugins.disable(request.params["name"], force=request.query.flag("force"))
        return empty(200)

    async def refuse_known(self, request: Request) -> Response:
        self._plugins.find(request.params["name"])
        return await self.refuse(request)

    async def refuse(self, request: Request) -> Response:
        raise NotSupported("managed plugins are not had from registries by this engine")
