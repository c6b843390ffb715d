"""Which networks there are."""

from wherry.engine.ports import Chance, Clock, Records
from wherry.errors import InvalidArgument, NoSuchNetwork
from wherry.model.network import Network
from wherry.plan.networks.addresses import IPV4, IPV6, gateway, prefix_length, subnet_of_version
from wherry.plan.networks.network_request import BUILTIN_DRIVERS


class Catalog:
    """The rows of networks, by id, by name and by prefix of an id."""

    def __init__(self, records: Records) -> None:
        self._table = records.networks

    def all(self) -> tuple[Network, ...]:
        """Oldest first."""
        return self._table.all()

    def get(self, network_id: str) -> Network | None:
        return self._table.get(network_id)

    def named(self, name: str) -> Network | None:
        return next((network for network in self.all() if network.name == name), None)

    def find(self, ref: str) -> Network:
        """By id, name, or unique beginning of an id. NoSuchNetwork, InvalidArgument."""
        found = self.get(ref) or self.named(ref)
        if found is not None:
            return found
        beginning = [network for network in self.all() if ref and network.id.startswith(ref)]
        if not beginning:
            raise NoSuchNetwork(ref)
        if len(beginning) > 1:
            raise InvalidArgument(f"{len(beginning)} matches found based on ID prefix: network {ref} is ambiguous")
        return beginning[0]

    async def put(self, network: Network) -> None:
        await self._table.put(network)

    async def delete(self, network_id: str) -> None:
        await self._table.delete(network_id)

    async def ensure_builtin(self, clock: Clock, chance: Chance) -> None:
        """The networks none and host have rows."""
        for name, driver in reversed(BUILTIN_DRIVERS.items()):
            if driver != "bridge" and self.named(name) is None:
                await self.put(Network(id=chance.new_id(), name=name, driver=driver, created=clock.now()))


def bridge_addresses(network: Network) -> tuple[str, ...]:
    """The addresses of a network's bridge, in CIDR form."""
    used = (subnet_of_version(network, version) for version in (IPV4, IPV6))
    return tuple(f"{gateway(subnet)}/{prefix_length(subnet)}" for subnet in used if subnet)
