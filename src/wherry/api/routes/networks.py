"""Networks."""

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.translate.networking import endpoint_spec
from wherry.api.translate.networks import network_request, network_resource
from wherry.engine.containers import Containers
from wherry.engine.networks import Networks
from wherry.engine.system import System
from wherry.errors import NoSuchNetwork
from wherry.plan.filters import NETWORK_FILTERS, NetworkFilter
from wherry.plan.networks.attachments import is_used
from wherry.wire.network import (
    ConnectRequest,
    DisconnectRequest,
    EndpointSettings,
    NetworkCreated,
    NetworkCreateRequest,
    NetworksPruned,
)

SCOPE = "local"
_NO_MEMBERS_SINCE = (1, 28)


class NetworkRoutes:
    def __init__(self, networks: Networks, containers: Containers, system: System) -> None:
        self._networks = networks
        self._containers = containers
        self._system = system

    def register(self, router: Router) -> None:
        router.add("GET", "/networks", self.list)
        router.add("GET", "/networks/", self.list)
        router.add("POST", "/networks/create", self.create)
        router.add("POST", "/networks/prune", self.prune)
        router.add("POST", "/networks/{name:path}/connect", self.connect)
        router.add("POST", "/networks/{name:path}/disconnect", self.disconnect)
        router.add("GET", "/networks/{name:path}", self.inspect)
        router.add("DELETE", "/networks/{name:path}", self.remove)

    async def list(self, request: Request) -> Response:
        wanted = NetworkFilter.read(parameters.filters(request, NETWORK_FILTERS))
        containers = self._containers.all()
        shown = containers if request.api_version < _NO_MEMBERS_SINCE else ()
        return json_response(
            [
                network_resource(network, shown)
                for network in self._networks.all()
                if wanted.matches(network, used=is_used(network, containers))
            ]
        )

    async def inspect(self, request: Request) -> Response:
        ref = request.params["name"]
        if request.query.get("scope", SCOPE) != SCOPE:
            raise NoSuchNetwork(ref)
        return json_response(network_resource(self._networks.find(ref), self._containers.all()))

    async def create(self, request: Request) -> Response:
        network = await self._networks.create(network_request(await request.json(NetworkCreateRequest)))
        return json_response(NetworkCreated(id=network.id), status=201)

    async def remove(self, request: Request) -> Response:
        await self._networks.remove(request.params["name"])
        return empty()

    async def connect(self, request: Request) -> Response:
        asked = await request.json(ConnectRequest)
        network = self._networks.find(request.params["name"])
        spec = endpoint_spec(network.name, asked.endpoint_config or EndpointSettings())
        await self._containers.connect(asked.container or "", network.id, spec)
        return empty(200)

    async def disconnect(self, request: Request) -> Response:
        asked = await request.json(DisconnectRequest)
        network = request.params["name"]
        await self._containers.disconnect(asked.container or "", network, force=bool(asked.force))
        return empty(200)

    async def prune(self, request: Request) -> Response:
        found = parameters.filters(request, parameters.PRUNE_FILTERS)
        until, labels = parameters.prune_bounds(found, self._system.now())
        deleted = await self._networks.prune(until=until, labels=labels)
        return json_response(NetworksPruned(networks_deleted=list(deleted) or None))
