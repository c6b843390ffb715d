"""Which addresses and host ports are taken, and by whom."""

from collections.abc import Collection

from wherry.model.network import Endpoint
from wherry.plan.networks.ports import clash


class Leases:
    """The endpoints of all containers that run or are about to. In memory: rows tell them after a restart."""

    def __init__(self) -> None:
        self._endpoints: dict[str, tuple[Endpoint, ...]] = {}
        self._addresses: dict[str, dict[str, Endpoint]] = {}
        self._ports: dict[tuple[str, int], set[str]] = {}
        self._names: dict[tuple[str, str], dict[str, Endpoint]] = {}

    def take(self, container_id: str, endpoints: tuple[Endpoint, ...]) -> None:
        """These endpoints, and no others, are the container's."""
        self.free(container_id)
        if not endpoints:
            return
        self._endpoints[container_id] = endpoints
        for endpoint in endpoints:
            own = self._addresses.setdefault(endpoint.network_id, {})
            own.update({address: endpoint for address in (endpoint.ipv4, endpoint.ipv6) if address})
            for name in endpoint.names:
                self._names.setdefault((endpoint.network_id, name.lower()), {})[endpoint.id] = endpoint
            for port in endpoint.ports:
                self._ports.setdefault((port.protocol, port.host_port), set()).add(port.host_ip)

    def free(self, container_id: str) -> None:
        """The container has nothing any more; idempotent."""
        for endpoint in self._endpoints.pop(container_id, ()):
            for address in (endpoint.ipv4, endpoint.ipv6):
                self._addresses[endpoint.network_id].pop(address, None)
            self._forget_names(endpoint)
            for port in endpoint.ports:
                holders = self._ports[port.protocol, port.host_port]
                holders.discard(port.host_ip)
                if not holders:
                    del self._ports[port.protocol, port.host_port]

    def of(self, container_id: str) -> tuple[Endpoint, ...]:
        return self._endpoints.get(container_id, ())

    def all(self) -> tuple[Endpoint, ...]:
        return tuple(endpoint for endpoints in self._endpoints.values() for endpoint in endpoints)

    def addresses(self, network_id: str) -> Collection[str]:
        """Addresses that containers have in a network."""
        return self._addresses.get(network_id, {}).keys()

    def named(self, network_id: str, name: str) -> tuple[Endpoint, ...]:
        """Endpoints that are called ``name`` (lower case) in a network."""
        return tuple(self._names.get((network_id, name), {}).values())

    def at(self, network_id: str, address: str) -> Endpoint | None:
        """The endpoint with an address in a network."""
        return self._addresses.get(network_id, {}).get(address)

    def has_port(self, protocol: str, address: str, port: int) -> bool:
        """Whether a container's published port stands in the way of another."""
        return any(clash(address, other) for other in self._ports.get((protocol, port), ()))

    def _forget_names(self, endpoint: Endpoint) -> None:
        for name in endpoint.names:
            holders = self._names[endpoint.network_id, name.lower()]
            holders.pop(endpoint.id, None)
            if not holders:
                del self._names[endpoint.network_id, name.lower()]
