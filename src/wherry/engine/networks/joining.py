"""How containers get into networks and out of them."""

from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.leases import Leases
from wherry.engine.networks.publishing import Publishing
from wherry.engine.ports import Chance, Networking
from wherry.errors import Forbidden, InternalError
from wherry.model.container import Container
from wherry.model.network import Endpoint, EndpointSpec, Network
from wherry.plan.containers.namespaces import owns_network
from wherry.plan.networks import addresses, endpoint_checks, endpoints, parents
from wherry.plan.networks.attachments import DEFAULT_NETWORK
from wherry.plan.networks.network_request import BUILTIN_DRIVERS


class Joining:
    """Chooses endpoints, makes them and lets them go. What is leased is leased to one container id."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        leases: Leases,
        publishing: Publishing,
        networking: Networking,
        chance: Chance,
        events: Events,
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._publishing = publishing
        self._networking = networking
        self._chance = chance
        self._events = events

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        """Addresses, interfaces and host ports for a start, leased to the container until it leaves.

        Raises NoSuchNetwork, Forbidden, PortInUse, InternalError; nothing is leased then.
        """
        planned: tuple[Endpoint, ...] = ()
        for spec in container.spec.endpoints:
            if spec.network == DEFAULT_NETWORK and self._catalog.named(DEFAULT_NETWORK) is None:
                continue  # the daemon was told to do without
            planned += (self._endpoint(container, spec, planned),)
        planned = self._publishing.bind(container, planned)
        self._leases.take(container.id, planned)
        return planned

    async def join(self, container: Container, planned: tuple[Endpoint, ...], sandbox: str, user: str = "") -> None:
        """Make the namespace, in a ``user`` namespace or the host's, its interfaces, and publish ports. A failure frees
        all that was leased."""
        if owns_network(container.spec.host):
            await self._wire(container, planned, sandbox, user)
        for endpoint in planned:
            self._tell("connect", endpoint)

    async def leave(self, container: Container, sandbox: str) -> None:
        """Withdraw ports, remove the namespace, free what was leased; idempotent."""
        leased = self._leases.of(container.id)
        try:
            await self._publishing.withdraw(leased)
        finally:
            if owns_network(container.spec.host):
                interfaces = tuple(filter(None, (endpoint.host_interface for endpoint in leased)))
                shares = any(not endpoint.host_interface for endpoint in endpoints.wired(leased))
                await self._networking.remove_namespace(sandbox, interfaces, shares=shares)
        self._leases.free(container.id)
        for endpoint in leased:
            self._tell("disconnect", endpoint)

    def plan_connect(self, container: Container, spec: EndpointSpec) -> tuple[Endpoint, ...]:
        """The endpoints of a container that runs with one more of ``spec``, leased to it."""
        known = container.endpoints
        planned = self._publishing.bind(container, (*known, self._endpoint(container, spec, known)))
        self._leases.take(container.id, planned)
        return planned

    def plan_disconnect(self, container: Container, network_id: str) -> tuple[Endpoint, ...]:
        """The endpoints of a container that runs without that in a network; all are leased to it still."""
        left = tuple(endpoint for endpoint in container.endpoints if endpoint.network_id != network_id)
        return self._publishing.bind(container, left, endpoints.bindings(container.endpoints))

    def renamed(self, container: Container) -> tuple[Endpoint, ...]:
        """The endpoints of a container that has another name."""
        specs = {spec.network: spec for spec in container.spec.endpoints}
        ends = tuple(
            replace(end, names=endpoints.names(container, specs[end.network])) if end.names else end
            for end in container.endpoints
        )
        self._leases.take(container.id, ends)
        return ends

    async def change(
        self, container: Container, before: tuple[Endpoint, ...], after: tuple[Endpoint, ...], sandbox: str
    ) -> None:
        """Make of a sandbox with the endpoints ``before`` one with those ``after``; the default route and published
        ports move with them. A failure is raised with all as it was."""
        added, gone = endpoints.without(after, before), endpoints.without(before, after)
        async with AsyncExitStack() as undo:
            undo.callback(self._leases.take, container.id, before)
            undo.push_async_callback(self._remove, added, sandbox)
            undo.push_async_callback(self._move_outlet, container, after, before, sandbox)
            await self._add(added, after, sandbox)
            await self._move_outlet(container, before, after, sandbox)
            undo.push_async_callback(self._add_missing, before, sandbox)
            await self._remove(gone, sandbox)
            undo.pop_all()
        self._leases.take(container.id, after)
        for action, changed in (("connect", added), ("disconnect", gone)):
            for endpoint in changed:
                self._tell(action, endpoint)

    async def resume(self, container: Container, sandbox: str, present: Collection[str]) -> None:
        """Make the interfaces that a container's row tells of and an engine that died did not come to make, or finish.

        ``present``: the host's ends of whole ones that there were when this engine began."""
        await self._add(_missing(container.endpoints, present), container.endpoints, sandbox)

    async def sweep(self, sandboxes: Mapping[str, str]) -> None:
        """Remove interfaces that no row tells of: in bridges of ours, and shares of parents in ``sandboxes``, which are
        paths by container id."""
        swept = await self._sweep_shares(sandboxes)
        bridges = {network.bridge for network in self._catalog.all() if network.bridge}
        known = {endpoint.host_interface for endpoint in self._leases.all()}
        strays = [
            name
            for name, bridge in self._networking.interfaces().items()
            if bridge in bridges and name not in known and endpoints.is_host_interface(name)
        ]
        for name in strays:
            await self._networking.remove_interface(name)
        for container_id, path in sandboxes.items() if strays or swept else ():
            outlet = endpoints.gateway_endpoint(self._leases.of(container_id))
            if outlet is not None:
                await self._networking.route(path, outlet.interface, endpoints.gateways(outlet), instead=False)

    async def _sweep_shares(self, sandboxes: Mapping[str, str]) -> bool:
        """Whether there were any. Without a network that has a parent nobody is asked."""
        has_parents = any(network.parent for network in self._catalog.all())
        strays = [
            (path, name)
            for container_id, path in (sandboxes.items() if has_parents else ())
            for name in self._networking.shares(path)
            if name not in {endpoint.interface for endpoint in self._leases.of(container_id)}
        ]
        for path, name in strays:
            await self._networking.disconnect(path, name)
        return bool(strays)

    async def _wire(self, container: Container, planned: tuple[Endpoint, ...], sandbox: str, user: str) -> None:
        try:
            networks = {endpoint.network_id: self._catalog.find(endpoint.network_id) for endpoint in planned}
            await self._networking.create_namespace(sandbox, endpoints.interfaces(planned, networks), user)
            await self._publishing.publish(container, planned)
        except BaseException:
            await self.leave(container, sandbox)
            raise

    async def _move_outlet(
        self, container: Container, before: tuple[Endpoint, ...], after: tuple[Endpoint, ...], sandbox: str
    ) -> None:
        """The default route and published ports of the endpoints ``after``, instead of those ``before``; idempotent."""
        old, new = endpoints.gateway_endpoint(before), endpoints.gateway_endpoint(after)
        if old and new and old.id == new.id:
            return
        await self._publishing.withdraw(before)
        if new is not None:
            await self._networking.route(sandbox, new.interface, endpoints.gateways(new), instead=True)
        await self._publishing.publish(container, after)

    async def _add_missing(self, ends: tuple[Endpoint, ...], sandbox: str) -> None:
        await self._add(_missing(ends, self._networking.interfaces()), ends, sandbox)

    async def _add(self, added: tuple[Endpoint, ...], ends: tuple[Endpoint, ...], sandbox: str) -> None:
        """Make the interfaces of some of the endpoints ``ends``; the default route leads through that which has it."""
        outlet = endpoints.gateway_endpoint(ends)
        for endpoint in endpoints.wired(added):
            network = self._catalog.find(endpoint.network_id)
            made = endpoints.interface(endpoint, network, default_route=endpoint is outlet)
            await self._networking.connect(sandbox, made)

    async def _remove(self, gone: tuple[Endpoint, ...], sandbox: str) -> None:
        for endpoint in endpoints.wired(gone):
            await self._networking.disconnect(sandbox, endpoint.interface)

    def _endpoint(self, container: Container, spec: EndpointSpec, others: tuple[Endpoint, ...]) -> Endpoint:
        network = self._catalog.find(spec.network)
        if endpoints.is_unwired(container.spec, network.name):
            return self._unwired(container, network)
        endpoint_checks.check_joinable(network)
        endpoint_checks.check_mac(container, spec, network)
        if any(endpoint.network_id == network.id for endpoint in others):
            raise Forbidden(f"endpoint with name {container.name} already exists in network {network.name}")
        subnet = addresses.subnet_for(network, addresses.IPV4, spec.ipv4)
        if subnet is None:
            raise InternalError(f"network {network.name} has no IPv4 subnet")
        ipv4 = addresses.choose_address(network, subnet, self._leases.addresses(network.id), spec.ipv4)
        endpoint_id = self._chance.new_id()
        endpoint = Endpoint(
            id=endpoint_id,
            network_id=network.id,
            network=network.name,
            container_id=container.id,
            interface=endpoints.free_interface_name(others),
            host_interface=endpoints.host_interface(endpoint_id) if network.bridge else "",
            ipv4=ipv4,
            ipv4_prefix=addresses.prefix_length(subnet),
            ipv4_gateway=parents.way_out(network, subnet),
            link_local=spec.link_local,
            mac=spec.mac or parents.mac(network, ipv4),
            names=endpoints.names(container, spec) if network.name not in BUILTIN_DRIVERS else (),
            links=endpoints.links(spec),
        )
        return self._with_ipv6(endpoint, network, spec.ipv6)

    def _unwired(self, container: Container, network: Network) -> Endpoint:
        return Endpoint(
            id=self._chance.new_id(),
            network_id=network.id,
            network=network.name,
            container_id=container.id,
            interface="",
        )

    def _with_ipv6(self, endpoint: Endpoint, network: Network, wanted: str) -> Endpoint:
        subnet = addresses.subnet_for(network, addresses.IPV6, wanted)
        if subnet is None:
            return endpoint
        return replace(
            endpoint,
            ipv6=addresses.choose_address(network, subnet, self._leases.addresses(network.id), wanted),
            ipv6_prefix=addresses.prefix_length(subnet),
            ipv6_gateway=parents.way_out(network, subnet),
        )

    def _tell(self, action: str, endpoint: Endpoint) -> None:
        network = self._catalog.get(endpoint.network_id)
        driver = network.driver if network else "bridge"
        attributes = {"container": endpoint.container_id, "name": endpoint.network, "type": driver}
        self._events.publish("network", action, endpoint.network_id, attributes)


def _missing(ends: tuple[Endpoint, ...], present: Collection[str]) -> tuple[Endpoint, ...]:
    return tuple(endpoint for endpoint in ends if endpoint.host_interface not in present)
