"""Networks: the service that the faces call."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.firewall import Firewall
from wherry.engine.networks.joining import Joining
from wherry.engine.networks.leases import Leases
from wherry.engine.networks.making import Making
from wherry.engine.networks.mending import Mending
from wherry.engine.networks.naming import Naming
from wherry.engine.networks.publishing import Publishing
from wherry.engine.ports import Chance, Clock, NameServers, Networking, Records
from wherry.errors import NoSuchNetwork
from wherry.model.container import NO_SETTINGS, Container, ContainerDefaults, ContainerSpec, Pending
from wherry.model.network import Endpoint, EndpointSpec, Network, NetworkRequest, NetworkSettings
from wherry.plan.networks import addresses, endpoint_checks, endpoints
from wherry.plan.networks.attachments import DEFAULT_NETWORK

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
        self._settings = settings
        self._containers = containers
        self._present = frozenset[str]()  # interfaces that an earlier engine made
        self._catalog = Catalog(records)
        self._leases = Leases()
        self._firewall = Firewall(
            catalog=self._catalog, leases=self._leases, networking=networking, containers=containers
        )
        self._making = Making(
            catalog=self._catalog,
            leases=self._leases,
            firewall=self._firewall,
            networking=networking,
            clock=clock,
            chance=chance,
            events=events,
            settings=settings,
        )
        self._joining = Joining(
            catalog=self._catalog,
            leases=self._leases,
            publishing=Publishing(catalog=self._catalog, leases=self._leases, networking=networking),
            networking=networking,
            chance=chance,
            events=events,
        )
        self._mending = Mending(
            catalog=self._catalog,
            leases=self._leases,
            networking=networking,
            making=self._making,
            firewall=self._firewall,
            clock=clock,
        )
        self._naming = Naming(
            leases=self._leases,
            name_servers=name_servers,
            chance=chance,
            host_resolv_conf=host_resolv_conf,
            defaults=defaults,
        )

    async def start(self) -> None:
        """Networks, bridges, leases and firewall are as the rows say; the builtin networks exist."""
        await self._making.start()
        self._present = frozenset(self._networking.interfaces()) - self._networking.unfinished()
        for container in self._containers():
            if container.state.alive or container.state.pending is Pending.STARTING:
                self._leases.take(container.id, container.endpoints)
        await self._firewall.apply(endpoints.published(self._leases.all()))
        await self._mending.attach_loose()
        self._mending.start()

    async def close(self) -> None:
        """All networks stay as they are; what others take away is not mended any more."""
        await self._mending.close()

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

    async def join(self, container: Container, endpoints: tuple[Endpoint, ...], sandbox: str, user: str = "") -> None:
        await self._mending.mend()
        async with self._mending.held_off():
            await self._joining.join(container, endpoints, sandbox, user)
        await self._naming.follow(container, endpoints, sandbox)
        await self._firewall.follow_links_of(container)

    async def leave(self, container: Container, sandbox: str) -> None:
        await self._naming.stop(sandbox)
        async with self._mending.held_off():
            await self._joining.leave(container, sandbox)
        await self._firewall.follow_links_of(container)

    async def follow_links(self) -> None:
        await self._firewall.follow_links()

    async def follow_links_of(self, container: Container) -> None:
        await self._firewall.follow_links_of(container)

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
        return endpoints.placed(wanted, self._joining.plan_connect(wanted, spec))

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
        async with self._mending.held_off():
            await self._joining.change(after, before.endpoints, after.endpoints, sandbox)

    async def resume(self, container: Container, sandbox: str) -> None:
        """Go on with what an engine that ended did for a container that runs: changes begun, and the name service."""
        await self._joining.resume(container, sandbox, self._present)
        await self._naming.follow(container, container.endpoints, sandbox)

    async def create(self, request: NetworkRequest) -> Network:
        return await self._making.create(request)

    async def remove(self, ref: str) -> None:
        await self._making.remove(ref)

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
        return await self._making.prune(until=until, labels=labels)
