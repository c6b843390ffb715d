"""What others took away under us: bridges and rules of the firewall."""

import logging

from wherry.engine.networks.catalog import Catalog
from wherry.engine.networks.firewall import Firewall
from wherry.engine.networks.leases import Leases
from wherry.engine.networks.making import Making
from wherry.engine.ports import Networking
from wherry.model.network import Endpoint
from wherry.plan import endpoints

_log = logging.getLogger(__name__)


class Mending:
    """Makes them anew when the next container needs them; those that run are joined to new bridges too."""

    def __init__(
        self, *, catalog: Catalog, leases: Leases, networking: Networking, making: Making, firewall: Firewall
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._networking = networking
        self._making = making
        self._firewall = firewall

    async def mend(self, planned: tuple[Endpoint, ...]) -> None:
        """Make what is missing of all that the endpoints of a container that starts need."""
        bridges = frozenset(self._bridge(endpoint) for endpoint in planned)
        if not bridges or not self._networking.lacks(bridges):
            return
        _log.warning("bridges or firewall rules are gone, and made anew")
        await self._making.make_bridges()
        for host_interface, bridge in self._loose(planned):
            await self._networking.attach(host_interface, bridge)
        await self._firewall.apply(endpoints.published(self._leases.all()))

    def _loose(self, planned: tuple[Endpoint, ...]) -> tuple[tuple[str, str], ...]:
        """Interfaces that are in no bridge, and the bridges where they belong."""
        present = self._networking.interfaces()
        ends = (end for end in self._leases.all() if end not in planned)
        return tuple(
            (end.host_interface, self._bridge(end)) for end in ends if present.get(end.host_interface, "there") == ""
        )

    def _bridge(self, endpoint: Endpoint) -> str:
        return self._catalog.find(endpoint.network_id).bridge
