"""Managed plugins."""

import re
from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.bodies import send_progress
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.translate.credentials import credentials
from wherry.api.translate.plugins import plugin_resource, privilege, privilege_resource
from wherry.errors import InternalError
from wherry.model.plugin import PluginPrivilege
from wherry.model.registry import Credentials
from wherry.plan.filters import PLUGIN_FILTERS, PluginFilter
from wherry.plan.plugins.names import local_name
from wherry.wire.plugin import PluginPrivilege as PrivilegeShape

if TYPE_CHECKING:
    from wherry.engine.plugins import ManagedPlugins


_NUMBER = re.compile(r"[+-]?[0-9]+")


class PluginRoutes:
    def __init__(self, plugins: "ManagedPlugins") -> None:
        self._plugins = plugins

    def register(self, router: Router) -> None:
        router.add("GET", "/plugins", self.list)
        router.add("GET", "/plugins/privileges", self.privileges)
        router.add("POST", "/plugins/pull", self.pull)
        router.add("POST", "/plugins/create", self.create)
        router.add("GET", "/plugins/{name:path}/json", self.inspect)
        router.add("DELETE", "/plugins/{name:path}", self.remove)
        router.add("POST", "/plugins/{name:path}/set", self.set)
        router.add("POST", "/plugins/{name:path}/disable", self.disable)
        router.add("POST", "/plugins/{name:path}/enable", self.enable)
        router.add("POST", "/plugins/{name:path}/upgrade", self.upgrade)
        router.add("POST", "/plugins/{name:path}/push", self.push)

    async def list(self, request: Request) -> Response:
        wanted = PluginFilter.read(parameters.filters(request, PLUGIN_FILTERS))
        return json_response([plugin_resource(plugin) for plugin in self._plugins.all() if wanted.matches(plugin)])

    async def create(self, request: Request) -> Response:
        request.body.welcome()
        await self._plugins.create(request.query.get("name", ""), request.body)
        return empty()

    async def privileges(self, request: Request) -> Response:
        wanted = await self._plugins.privileges(request.query.get("remote", ""), _who(request))
        return json_response([privilege_resource(each) for each in wanted])

    async def pull(self, request: Request) -> None:
        granted = await _granted(request)
        remote = request.query.get("remote", "")
        name = local_name(remote, request.query.get("name", ""))
        pulling = self._plugins.pull(remote, name, granted, _who(request))
        await send_progress(request, pulling, headers={"Docker-Plugin-Name": name})

    async def upgrade(self, request: Request) -> None:
        granted = await _granted(request)
        name, remote = request.params["name"], request.query.get("remote", "")
        await send_progress(request, self._plugins.upgrade(name, remote, granted, _who(request)))

    async def push(self, request: Request) -> None:
        await send_progress(request, self._plugins.push(request.params["name"], _who(request)))

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


def _who(request: Request) -> Credentials | None:
    return credentials(request.headers.get("x-registry-auth"))


async def _granted(request: Request) -> tuple[PluginPrivilege, ...]:
    return tuple(privilege(each) for each in await request.json(tuple[PrivilegeShape, ...]))
