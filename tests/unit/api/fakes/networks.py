"""Networks in memory."""

from wherry.errors import (
    NoSuchNetwork,
)
from wherry.model.network import Network, NetworkRequest


class FakeNetworks:
    def __init__(self, *networks: Network) -> None:
        self.table = {network.id: network for network in networks}
        self.asked: dict[str, object] = {}

    def find(self, ref: str) -> Network:
        for network in self.table.values():
            if ref and (network.name == ref or network.id.startswith(ref)):
                return network
        raise NoSuchNetwork(ref)

    def all(self) -> tuple[Network, ...]:
        return tuple(self.table.values())

    async def create(self, request: NetworkRequest) -> Network:
        network = Network(id="a8" * 32, name=request.name, subnets=request.subnets, internal=request.internal)
        self.table[network.id] = network
        return network

    async def remove(self, ref: str) -> None:
        del self.table[self.find(ref).id]

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
        self.asked = {"until": until, "labels": labels}
        return tuple(network.name for network in self.all() if network.name != "bridge")
