"""How containers get into networks and out of them."""

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.leases import Leases
from wherry.engine.ports import Chance, Networking
from wherry.errors import Forbidden, HostPortRefused, InternalError
from wherry.model.container import Container
from wherry.model.network import Endpoint, EndpointSpec, PortBinding
from wherry.plan import addresses, endpoint_checks, endpoints, ports
from wherry.plan.namespaces import owns_network


class Joining:
    """Chooses endpoints, makes them and lets them go. What is leased is leased to one container id."""

    def __init__(
        self, *, catalog: Catalog, leases: Leases, networking: Networking, chance: Chance, events: Events
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._networking = networking
        self._chance = chance
        self._events = events
        self._last_ephemeral = 0

    def plan(self, container: Container) -> tuple[Endpoint, ...]:
        """Addresses, interfaces and host ports for a start, leased to the container until it leaves.

        Raises NoSuchNetwork, Forbidden, PortInUse, InternalError; nothing is leased then.
        """
        planned: tuple[Endpoint, ...] = ()
        for spec in endpoints.specs(container):
            planned += (self._endpoint(container, spec, planned),)
        first = endpoints.gateway_endpoint(planned)
        if first is not None:
            bound = replace(first, ports=self._bind_ports(container, first))
            planned = tuple(bound if endpoint is first else endpoint for endpoint in planned)
        self._leases.take(container.id, planned)
        return planned

    async def join(self, container: Container, planned: tuple[Endpoint, ...], sandbox: str) -> None:
        """Make the namespace, its interfaces, and publish ports. A failure frees all that was leased."""
        if not owns_network(container.spec.host):
            return
        try:
            networks = {endpoint.network_id: self._catalog.find(endpoint.network_id) for endpoint in planned}
            await self._networking.create_namespace(sandbox, endpoints.interfaces(planned, networks))
            await self._publish(container, planned)
        except BaseException:
            await self.leave(container, sandbox)
            raise
        for endpoint in planned:
            self._tell("connect", endpoint)

    async def leave(self, container: Container, sandbox: str) -> None:
        """Withdraw ports, remove the namespace, free what was leased; idempotent."""
        leased = self._leases.of(container.id)
        try:
            if published := endpoints.published(leased):
                await self._networking.withdraw(published)
        finally:
            if owns_network(container.spec.host):
                interfaces = tuple(endpoint.host_interface for endpoint in leased)
                await self._networking.remove_namespace(sandbox, interfaces)
        self._leases.free(container.id)
        for endpoint in leased:
            self._tell("disconnect", endpoint)

    async def connect(self, container: Container, spec: EndpointSpec, sandbox: str) -> Endpoint:
        """A further endpoint for a container that runs."""
        leased = self._leases.of(container.id)
        endpoint = self._endpoint(container, spec, leased)
        network = self._catalog.find(endpoint.network_id)
        has_route = endpoints.gateway_endpoint(leased) is not None
        self._leases.take(container.id, (*leased, endpoint))
        try:
            made = endpoints.interface(endpoint, network, default_route=not has_route and bool(endpoint.ipv4_gateway))
            await self._networking.connect(sandbox, made)
        except BaseException:
            self._leases.take(container.id, leased)
            raise
        self._tell("connect", endpoint)
        return endpoint

    async def disconnect(self, container: Container, network_id: str, sandbox: str) -> tuple[Endpoint, ...]:
        """Take a container that runs out of a network; gives the endpoints that are left to it."""
        leased = self._leases.of(container.id)
        gone = tuple(endpoint for endpoint in leased if endpoint.network_id == network_id)
        left = tuple(endpoint for endpoint in leased if endpoint.network_id != network_id)
        for endpoint in gone:
            await self._networking.withdraw(endpoints.published((endpoint,)))
            await self._networking.disconnect(sandbox, endpoint.interface)
            self._tell("disconnect", endpoint)
        self._leases.take(container.id, left)
        route = endpoints.gateway_endpoint(left)
        if route is not None and route is not endpoints.gateway_endpoint(leased):
            await self._networking.route(sandbox, route.interface, route.ipv4_gateway)
        return left

    def _endpoint(self, container: Container, spec: EndpointSpec, others: tuple[Endpoint, ...]) -> Endpoint:
        network = self._catalog.find(spec.network)
        endpoint_checks.check_joinable(network)
        if any(endpoint.network_id == network.id for endpoint in others):
            raise Forbidden(f"endpoint with name {container.name} already exists in network {network.name}")
        subnet = addresses.ipv4_subnet(network)
        if subnet is None:
            raise InternalError(f"network {network.name} has no IPv4 subnet")
        ipv4 = addresses.choose_address(network, subnet, self._leases.addresses(network.id), spec.ipv4)
        endpoint_id = self._chance.new_id()
        return Endpoint(
            id=endpoint_id,
            network_id=network.id,
            network=network.name,
            container_id=container.id,
            interface=endpoints.free_interface_name(others),
            host_interface=f"veth{endpoint_id[:7]}",
            ipv4=ipv4,
            ipv4_prefix=addresses.prefix_length(subnet),
            ipv4_gateway="" if network.internal else addresses.gateway(subnet),
            mac=spec.mac or addresses.mac_of(ipv4),
            aliases=spec.aliases,
        )

    def _bind_ports(self, container: Container, endpoint: Endpoint) -> tuple[PortBinding, ...]:
        spec = container.spec
        wanted = ports.wanted(spec.host.ports, spec.exposed_ports, publish_all=spec.host.publish_all)
        ephemeral = self._networking.ephemeral_ports()
        try:
            bound = ports.bind(
                wanted,
                leased=self._leases.has_port,
                refused=self._networking.refuses,
                ephemeral=ports.rotated(ephemeral, self._last_ephemeral),
            )
        except InternalError as error:
            raise _not_published(container, endpoint, error) from error
        for asked, binding in zip(wanted, bound, strict=True):
            if not asked.host_port:
                self._last_ephemeral = binding.host_port
        return bound

    async def _publish(self, container: Container, planned: tuple[Endpoint, ...]) -> None:
        for endpoint in planned:
            if endpoint.ports:
                try:
                    await self._networking.publish(endpoints.published((endpoint,)))
                except HostPortRefused as error:
                    raise _not_published(container, endpoint, error) from error

    def _tell(self, action: str, endpoint: Endpoint) -> None:
        network = self._catalog.get(endpoint.network_id)
        driver = network.driver if network else "bridge"
        attributes = {"container": endpoint.container_id, "name": endpoint.network, "type": driver}
        self._events.publish("network", action, endpoint.network_id, attributes)


def _not_published(container: Container, endpoint: Endpoint, error: InternalError) -> InternalError:
    where = f"endpoint {container.name} ({endpoint.id})"
    return InternalError(f"driver failed programming external connectivity on {where}: {error}")
