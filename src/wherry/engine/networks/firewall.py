"""What the firewall is told: the networks, published ports, and the ports that links open."""

from collections.abc import Callable

from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.leases import Leases
from wherry.engine.ports import Networking
from wherry.model.container import Container
from wherry.model.network import LinkedPort, PublishedPort
from wherry.plan.networks import links


class Firewall:
    def __init__(
        self,
        *,
        catalog: Catalog,
        leases: Leases,
        networking: Networking,
        containers: Callable[[], tuple[Container, ...]],
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._networking = networking
        self._containers = containers

    async def apply(self, ports: tuple[PublishedPort, ...] | None = None) -> None:
        """All rules anew; with ``ports``, these and no others are published."""
        await self._networking.apply_firewall(self._catalog.all(), ports, self._linked_ports())

    async def follow_links(self) -> None:
        """The firewall knows the links that there are now. Without ``icc`` nothing else lets containers talk."""
        if not all(network.icc for network in self._catalog.all()):
            await self.apply()

    async def follow_links_of(self, container: Container) -> None:
        """The same for a container that has come or gone."""
        if container.links or any(link.source == container.id for other in self._containers() for link in other.links):
            await self.follow_links()

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
