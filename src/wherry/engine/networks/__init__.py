"""Networks: the service that the faces call."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.networks.catalog import Catalog, bridge_addresses
from wherry.engine.networks.joining import Joining
from wherry.engine.networks.leases import Leases
from wherry.engine.networks.naming import Naming
from wherry.engine.ports import Chance, Clock, NameServers, Networking, Records
from wherry.errors import Conflict, Forbidden, NoSuchNetwork
from wherry.model.container import NO_SETTINGS, Container, ContainerDefaults, ContainerSpec, Pending
from wherry.model.network import (
    BridgePlan,
    Endpoint,
    EndpointSpec,
    LinkedPort,
    Network,
    NetworkRequest,
    NetworkSettings,
    PublishedPort,
    Subnet,
)
from wherry.plan import addresses, default_network, endpoint_checks, endpoints, links, network_request
from wherry.plan.attachments import DEFAULT_NETWORK
from wherry.plan.filters import matches_labels

__all__ = ["Networks"]


class Networks:
    """What can be done with networks, and how containers get into them. ``ref`` is an id, a beginning of one, a name.

    The callers hold the lock of the container that they plan for, join, leave or change.
    """

    def __init__(
        self,
        *,
        records: Records,
        networking: Networking,
        clock: Clock,
        chance: Chance,
        events: Events,
        settings: NetworkSettings,
        containers: Callable[[], tuple[Container, ...]],
        name_servers: NameServers,
        host_resolv_conf: Callable[[], str],
        defaults: ContainerDefaults = NO_SETTINGS,
    ) -> None:
        self._networking = networking
        self._clock = clock
        self._chance = chance
        self._events = events
        self._settings = settings
        self._containers = containers
        self._catalog = Catalog(records)
        self._leases = Leases()
        self._joining = Joining(
            catalog=self._catalog, leases=self._leases, networking=networking, chance=chance, events=events
        )
        self._naming = Naming(
            leases=self._leases,
            name_servers=name_servers,
            chance=chance,
            host_resolv_conf=host_resolv_conf,
            defaults=defaults,
        )
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Networks, bridges, leases and firewall are as the rows say; the builtin networks exist."""
        default_network.check(self._settings)
        await self._catalog.ensure_builtin(self._clock, self._chance)
        await self._ensure_default()
        for network in self._catalog.all():
            if network.bridge:
                await self._networking.ensure_bridge(self._bridge_plan(network))
        for container in self._containers():
            if container.state.alive or container.state.pending is Pending.STARTING:
                self._leases.take(container.id, container.endpoints)
        await self._apply_firewall(endpoints.published(self._leases.all()))

    async def sweep(self, sandboxes: Mapping[str, str]) -> None:
        """Remove pinned namespaces and interfaces that belong to no row; ``sandboxes``: paths by container id."""
        for path in set(self._networking.namespaces()) - set(sandboxes.values()):
            await self._networking.remove_namespace(path)
        await self._joining.sweep(sandboxes)

    def find(self, ref: str) -> Network:
        return self._catalog.find(ref)

    def all(self) -> tuple[Network, ...]:
        return self._catalog.all()

    def named(self, spec: ContainerSpec) -> ContainerSpec:
        """A spec whose networks are called by their names. Networks need not exist before a start.

        InvalidArgument for addresses that a container cannot have."""
        return replace(spec, endpoints=tuple(self._named(end) for end in spec.endpoints))

    def _named(self, asked: EndpointSpec) -> EndpointSpec:
        try:
            network = self._catalog.find(asked.network)
        except NoSuchNetwork:
            return asked
        endpoint_checks.check(asked, network, prefix=f"invalid config for network {network.name}: ")
        return replace(asked, network=network.name)

    def host_gateway(self) -> str:
        """The host's address for containers: as set, else that of the default network's bridge, "" without one."""
        network = self._catalog.named(DEFAULT_NETWORK)
        subnet = addresses.subnet_of_version(network, addresses.IPV4) if network else None
        return self._settings.host_gateway or (addresses.gateway(subnet) if subnet else "")

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        return self._joining.plan(container)

    async def join(self, container: Container, endpoints: tuple[Endpoint, ...], sandbox: str) -> None:
        await self._joining.join(container, endpoints, sandbox)
        await self._naming.follow(container, endpoints, sandbox)
        await self.follow_links_of(container)

    async def leave(self, container: Container, sandbox: str) -> None:
        await self._naming.stop(sandbox)
        await self._joining.leave(container, sandbox)
        await self.follow_links_of(container)

    async def follow_links(self) -> None:
        """The firewall knows the links that there are now. Without ``icc`` nothing else lets containers talk."""
        if not all(network.icc for network in self._catalog.all()):
            await self._apply_firewall()

    async def follow_links_of(self, container: Container) -> None:
        """The same for a container that has come or gone."""
        if container.links or any(link.source == container.id for other in self._containers() for link in other.links):
            await self.follow_links()

    def plan_connect(self, container: Container, network: Network, spec: EndpointSpec) -> Container:
        """A container, put into a further network; if it runs, with an endpoint there that is leased to it.

        Raises Forbidden, InvalidArgument, InternalError.
        """
        endpoint_checks.check_connect(container, network)
        endpoint_checks.check(spec, network)
        specs = endpoints.with_spec(container.spec.endpoints, spec)
        wanted = replace(container, spec=replace(container.spec, endpoints=specs))
        if not container.state.alive:
            return wanted
        return replace(wanted, endpoints=self._joining.plan_connect(wanted, spec))

    def plan_disconnect(self, container: Container, network: Network) -> Container:
        """A container, taken out of a network. Forbidden, InternalError."""
        endpoint_checks.check_disconnect(container, network)
        specs = tuple(spec for spec in container.spec.endpoints if spec.network != network.name)
        wanted = replace(container, spec=replace(container.spec, endpoints=specs))
        return replace(wanted, endpoints=self._joining.plan_disconnect(container, network.id))

    def renamed(self, container: Container) -> Container:
        """A container that has another name, with endpoints that are found by it from now on."""
        return replace(container, endpoints=self._joining.renamed(container))

    async def change(self, before: Container, after: Container, sandbox: str) -> None:
        """Make it so for a container that runs. If that fails, ``before`` is how it is."""
        await self._naming.follow(after, after.endpoints, sandbox)
        await self._joining.change(after, before.endpoints, after.endpoints, sandbox)

    async def mend(self, container: Container, sandbox: str) -> None:
        """Go on with what an engine that ended did for a container that runs: changes begun, and the name service."""
        await self._joining.mend(container, sandbox)
        await self._naming.follow(container, container.endpoints, sandbox)

    async def create(self, request: NetworkRequest) -> Network:
        """Make a network and its bridge. Conflict for a name that is taken; else what ``network_request`` raises."""
        async with self._changing:
            if request.config_from:
                request = network_request.configured(request, self._catalog.named(request.config_from))
            network_request.check(request)
            if self._catalog.named(request.name):
                raise Conflict(f"network with name {request.name} already exists")
            subnets = request.subnets if request.config_only else self._subnets(request.subnets)
            network = network_request.network(request, self._chance.new_id(), self._clock.now(), subnets)
            self._check_bridge(network)
            await self._make(network)
        self._tell("create", network)
        return network

    async def remove(self, ref: str) -> None:
        """Remove a network. Forbidden for a builtin one, and while containers are in it."""
        network = self._catalog.find(ref)
        if network.name in network_request.BUILTIN_DRIVERS:
            raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        async with self._changing:
            self._check_unused(network)
            if network.bridge:
                await self._networking.remove_bridge(network.bridge)
            await self._catalog.delete(network.id)
            await self._apply_firewall()
        self._tell("destroy", network)

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Remove networks that no container is in: created before ``until`` (ns, 0: any), with ``labels``. Names."""
        removed = []
        for network in self._catalog.all():
            if self._prunable(network, until, labels):
                try:
                    await self.remove(network.id)
                except (Forbidden, NoSuchNetwork):
                    continue  # a container came into it meanwhile, or it is gone
                removed.append(network.name)
        self._events.publish("network", "prune", "", {"reclaimed": "0"})
        return tuple(removed)

    async def _make(self, network: Network) -> None:
        """Row first, and last when it is removed: whenever the engine dies, the next one makes what the row says."""
        await self._catalog.put(network)
        if not network.bridge:
            return
        try:
            await self._networking.ensure_bridge(self._bridge_plan(network))
            await self._apply_firewall()
        except BaseException:
            await self._networking.remove_bridge(network.bridge)
            await self._catalog.delete(network.id)
            await self._apply_firewall()
            raise

    async def _apply_firewall(self, ports: tuple[PublishedPort, ...] | None = None) -> None:
        await self._networking.apply_firewall(self._catalog.all(), ports, self._linked_ports())

    def _linked_ports(self) -> tuple[LinkedPort, ...]:
        """What links open between containers that are in the default network now."""
        present = {container.id: container for container in self._containers() if self._leases.of(container.id)}
        return tuple(
            port
            for receiver in present.values()
            for link in receiver.links
            if link.source in present
            for port in links.linked_ports(receiver, present[link.source])
        )

    def _subnets(self, asked: tuple[Subnet, ...]) -> tuple[Subnet, ...]:
        """Those asked for, and one of IPv4 if none of them is."""
        taken = _subnet_texts(self._catalog.all())
        addresses.check_overlap(asked, taken)
        if any(addresses.version_of(subnet) == addresses.IPV4 for subnet in asked):
            return asked
        return *asked, addresses.choose_subnet((*taken, *self._networking.routes()), self._settings.pools)

    async def _ensure_default(self) -> None:
        """The default network has a row as the settings say, or none; its ID stays what it was."""
        known = self._catalog.named(DEFAULT_NETWORK)
        if self._settings.bridge == default_network.DISABLED:
            if known:
                await self._catalog.delete(known.id)
                await self._networking.remove_bridge(known.bridge)
            return
        bridges = self._networking.bridges()
        default_network.check_present(self._settings, bridges)
        subnet = default_network.subnet(
            self._settings,
            known.subnets[0] if known else None,
            bridges.get(default_network.interface(self._settings), ()),
            (*_subnet_texts(self._catalog.all()), *self._networking.routes()),
        )
        network_id, created = (known.id, known.created) if known else (self._chance.new_id(), self._clock.now())
        wanted = default_network.network(self._settings, network_id, created, subnet)
        if known != wanted:
            await self._catalog.put(wanted)

    def _bridge_plan(self, network: Network) -> BridgePlan:
        own = bridge_addresses(network)
        return BridgePlan(
            name=network.bridge,
            addresses=own,
            mac=addresses.mac_of(next(address for address in own if ":" not in address).partition("/")[0]),
            mtu=network.mtu,
            owned=network.bridge != self._settings.bridge,
            forward=self._settings.forward,
            filtered=self._settings.firewall and not network.icc,
        )

    def _check_unused(self, network: Network) -> None:
        problem = ""
        if any(other.config_from == network.name for other in self._catalog.all()):
            problem = f'configuration network "{network.name}" is in use'
        elif self._leases.addresses(network.id):
            problem = f"network {network.name} id {network.id} has active endpoints"
        if problem:
            raise Forbidden(f"error while removing network: {problem}")

    def _check_bridge(self, network: Network) -> None:
        for other in self._catalog.all():
            if network.bridge and other.bridge == network.bridge:
                mine, theirs = (f"{each.id} ({each.bridge})" for each in (network, other))
                reason = f"conflicts with network {theirs}: networks have same bridge name"
                raise Forbidden(f"cannot create network {mine}: {reason}")

    def _prunable(self, network: Network, until: int, labels: tuple[str, ...]) -> bool:
        return (
            network.name not in network_request.BUILTIN_DRIVERS
            and not network.config_only
            and not self._leases.addresses(network.id)
            and (not until or network.created < until)
            and matches_labels(network.labels, labels)
        )

    def _tell(self, action: str, network: Network) -> None:
        self._events.publish("network", action, network.id, {"name": network.name, "type": network.driver})


def _subnet_texts(networks: Iterable[Network]) -> tuple[str, ...]:
    return tuple(subnet.subnet for network in networks if network.bridge for subnet in network.subnets)
