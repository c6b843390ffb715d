"""The networks of an engine in memory, and containers for them."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace
from tests.fakes.host import FakeChance, FakeClock
from tests.fakes.name_servers import FakeNameServers
from tests.fakes.networking import FakeNetworking
from tests.fakes.store import FakeRecords

from wherry.engine.events import Events
from wherry.engine.networks import Networks
from wherry.model.container import Container, ContainerSpec, ContainerState, HostSpec, Status
from wherry.model.network import (
    Endpoint,
    EndpointSpec,
    Network,
    NetworkRequest,
    NetworkSettings,
    PortSpec,
    Subnet,
)
from wherry.plan.networks.endpoints import specs

SANDBOX = "/netns/"
USER_SUBNET = Subnet(subnet="10.88.0.0/24")


class World:
    """One engine's networks; ``reborn`` is the next engine on the same rows and the same host."""

    def __init__(self, records: FakeRecords | None = None, host: FakeNetworking | None = None, bip: str = "") -> None:
        self.records = records or FakeRecords()
        self.host = host or FakeNetworking()
        self.name_servers = FakeNameServers()
        clock = FakeClock()
        self.events = Events(clock)
        self.networks = Networks(
            records=self.records,
            networking=self.host,
            clock=clock,
            chance=FakeChance() if records is None else NextChance(),
            events=self.events,
            settings=NetworkSettings(bip=bip),
            containers=self.records.containers.all,
            name_servers=self.name_servers,
            host_resolv_conf=lambda: "nameserver 9.9.9.9\nnameserver 127.0.0.53\n",
        )

    async def reborn(self, bip: str = "") -> "World":
        self.host.published.clear()
        world = World(self.records, self.host, bip)
        await world.networks.start()
        return world

    async def start(self, container: Container) -> Container:
        """What a start does with networks."""
        endpoints = self.networks.plan(container)
        await self.networks.join(container, endpoints, sandbox(container))
        state = ContainerState(status=Status.RUNNING)
        container = replace(container, endpoints=endpoints, state=state)
        await self.records.containers.put(container)
        return container

    async def connect(self, container: Container, name: str, spec: EndpointSpec | None = None) -> Container:
        network = self.networks.find(name)
        return await self._change(
            container, self.networks.plan_connect(container, network, spec or EndpointSpec(network=name))
        )

    async def disconnect(self, container: Container, name: str) -> Container:
        return await self._change(container, self.networks.plan_disconnect(container, self.networks.find(name)))

    async def _change(self, before: Container, after: Container) -> Container:
        if before.state.alive:
            await self.networks.change(before, after, sandbox(before))
        await self.records.containers.put(after)
        return after

    async def stop(self, container: Container) -> Container:
        await self.networks.leave(container, sandbox(container))
        container = replace(container, endpoints=(), state=ContainerState(status=Status.EXITED))
        await self.records.containers.put(container)
        return container

    def happened(self) -> list[tuple[str, dict[str, str]]]:
        return [(event.action, event.attributes) for event in self.events._past]

    def state(self) -> object:
        return (
            dict(self.host.pinned),
            set(self.host.published),
            set(self.host.bridged),
            {network.id for network in self.networks.all()},
        )


class NextChance(FakeChance):
    """Ids that an earlier engine did not give."""

    def new_id(self) -> str:
        return f"b{super().new_id()[1:]}"


async def started(bip: str = "") -> World:
    world = World(bip=bip)
    await world.networks.start()
    return world


def sandbox(container: Container) -> str:
    return SANDBOX + container.name


def container(
    name: str, *, ports: Iterable[PortSpec] = (), ends: Iterable[EndpointSpec] = (), **host: Any
) -> Container:
    spec = ContainerSpec(
        image="i",
        host=HostSpec(ports=tuple(ports), **host),
        endpoints=tuple(ends),
    )
    spec = replace(spec, endpoints=specs(spec))
    return Container(id=f"id-{name}", name=name, image_id="", chain_id="", created=0, spec=spec)


def fixed(host_port: str, port: int = 80, host_ip: str = "") -> PortSpec:
    return PortSpec(container_port=port, host_port=host_port, host_ip=host_ip)


def host_ports(endpoints: tuple[Endpoint, ...]) -> list[int]:
    return [port.host_port for endpoint in endpoints for port in endpoint.ports]


async def user_network(world: World, name: str = "mine", **more: Any) -> Network:
    return await world.networks.create(NetworkRequest(name=name, **more))
