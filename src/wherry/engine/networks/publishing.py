"""Host ports of containers: bound at the endpoint that has the default route, and published there."""

from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.leases import Leases
from wherry.engine.ports import Networking
from wherry.errors import HostPortRefused, InternalError
from wherry.model.container import Container
from wherry.model.network import Endpoint, PortBinding
from wherry.plan.networks import endpoints, ports
from wherry.plan.networks.network_request import HOST_BINDING


class Publishing:
    def __init__(self, *, catalog: Catalog, leases: Leases, networking: Networking) -> None:
        self._catalog = catalog
        self._leases = leases
        self._networking = networking
        self._last_ephemeral = 0

    def bind(
        self, container: Container, planned: tuple[Endpoint, ...], bound: tuple[PortBinding, ...] = ()
    ) -> tuple[Endpoint, ...]:
        """The endpoints with host ports at that of the default route: those ``bound``, those they have, or new ones; at
        none where that leads past the host, as it does where interfaces share a parent."""
        outlet = endpoints.gateway_endpoint(planned)
        if outlet is None or not outlet.host_interface:
            return endpoints.with_ports(planned, ())
        known = bound or endpoints.bindings(planned)
        return endpoints.with_ports(planned, known or self._chosen(container, outlet))

    async def publish(self, container: Container, planned: tuple[Endpoint, ...]) -> None:
        """Let the host ports of endpoints lead to them. InternalError if the host does not give one."""
        for endpoint in planned:
            if endpoint.ports:
                try:
                    await self._networking.publish(endpoints.published((endpoint,)))
                except HostPortRefused as error:
                    raise _not_published(container, endpoint, error) from error

    async def withdraw(self, ends: tuple[Endpoint, ...]) -> None:
        """Idempotent."""
        if published := endpoints.published(ends):
            await self._networking.withdraw(published)

    def _chosen(self, container: Container, endpoint: Endpoint) -> tuple[PortBinding, ...]:
        spec = container.spec
        wanted = ports.wanted(spec.host.ports, spec.exposed_ports, publish_all=spec.host.publish_all)
        if not wanted:
            return ()
        ephemeral = self._networking.ephemeral_ports()
        try:
            bound = ports.bind(
                wanted,
                leased=self._leases.has_port,
                refused=self._networking.refuses,
                ephemeral=ports.rotated(ephemeral, self._last_ephemeral),
                anywhere=self._host_addresses(endpoint),
                ipv6=bool(endpoint.ipv6) or self._networking.relays_ipv6(),
            )
        except InternalError as error:
            raise _not_published(container, endpoint, error) from error
        any_port = {(asked.container_port, asked.protocol) for asked in wanted if not asked.host_port}
        for binding in bound:
            if (binding.container_port, binding.protocol) in any_port:
                self._last_ephemeral = binding.host_port
        return bound

    def _host_addresses(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Where the ports of a network are published unless a container says otherwise."""
        address = self._catalog.find(endpoint.network_id).options.get(HOST_BINDING, ports.ANYWHERE)
        return (address, ports.ANYWHERE_IPV6) if address == ports.ANYWHERE else (address,)


def _not_published(container: Container, endpoint: Endpoint, error: InternalError) -> InternalError:
    where = f"endpoint {container.name} ({endpoint.id})"
    return InternalError(f"driver failed programming external connectivity on {where}: {error}")
