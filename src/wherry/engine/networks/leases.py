"""Which addresses and host ports are taken, and by whom."""

from collections.abc import Collection

from wherry.model.network import Endpoint
from wherry.plan.ports import clash


class Leases:
    """The endpoints of all containers that run or are about to. In memory: rows tell them after a restart."""

    def __init__(self) -> None:
        self._endpoints: dict[str, tuple[Endpoint, ...]] = {}
        self._addresses: dict[str, set[str]] = {}
        self._ports: dict[tuple[str, int], set[str]] = {}

    def take(self, container_id: str, endpoints: tuple[Endpoint, ...]) -> None:
        """These endpoints, and no others, are the container's."""
        self.free(container_id)
        if not endpoints:
            return
        self._endpoints[container_id] = endpoints
        for endpoint in endpoints:
            self._addresses.setdefault(endpoint.network_id, set()).add(endpoint.ipv4)
            for port in endpoint.ports:
                self._ports.setdefault((port.protocol, port.host_port), set()).add(port.host_ip)

    def free(self, container_id: str) -> None:
        """The container has nothing any more; idempotent."""
        for endpoint in self._endpoints.pop(container_id, ()):
            self._addresses[endpoint.network_id].discard(endpoint.ipv4)
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
        return self._addresses.get(network_id, frozenset())

    def has_port(self, protocol: str, address: str, port: int) -> bool:
        """Whether a container's published port stands in the way of another."""
        return any(clash(address, other) for other in self._ports.get((protocol, port), ()))
