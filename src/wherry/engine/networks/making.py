"""Networks made and removed: their rows, their bridges, and those that are always there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.networks.catalog import Catalog, bridge_addresses
from wherry.engine.networks.firewall import Firewall
from wherry.engine.networks.leases import Leases
from wherry.engine.ports import Chance, Clock, Networking
from wherry.errors import Conflict, Forbidden, NoSuchNetwork, WherryError
from wherry.model.network import BridgePlan, Network, NetworkRequest, NetworkSettings, Subnet
from wherry.plan.filters import matches_labels
from wherry.plan.networks import addresses, default_network, network_request, parents
from wherry.plan.networks.attachments import DEFAULT_NETWORK

_log = logging.getLogger(__name__)


class Making:
    """Row first, and last when it is removed: whenever the engine dies, the next one makes what the row says."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        leases: Leases,
        firewall: Firewall,
        networking: Networking,
        clock: Clock,
        chance: Chance,
        events: Events,
        settings: NetworkSettings,
    ) -> None:
        self._catalog = catalog
        self._leases = leases
        self._firewall = firewall
        self._networking = networking
        self._clock = clock
        self._chance = chance
        self._events = events
        self._settings = settings
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """The builtin networks have rows, and all that have rows have bridges."""
        default_network.check(self._settings)
        await self._catalog.ensure_builtin(self._clock, self._chance)
        await self._ensure_default()
        await self.make_bridges()
        await self._make_parents()

    async def make_bridges(self) -> None:
        """All networks that have rows have their bridges; idempotent."""
        for plan in self.bridge_plans():
            await self._networking.ensure_bridge(plan)

    def bridge_plans(self) -> tuple[BridgePlan, ...]:
        """The bridges that there should be."""
        return tuple(self._bridge_plan(network) for network in self._catalog.all() if network.bridge)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """While the block runs no network is made or removed."""
        async with self._changing:
            yield

    async def create(self, request: NetworkRequest) -> Network:
        """Make a network and its bridge. Conflict for a name that is taken; else what ``network_request`` raises."""
        async with self._changing:
            if request.config_from:
                request = network_request.configured(request, self._catalog.named(request.config_from))
            else:
                request = network_request.with_defaults(request, self._settings.driver_options)
            network_request.check(request)
            if self._catalog.named(request.name):
                raise Conflict(f"network with name {request.name} already exists")
            subnets = request.subnets if request.config_only else self._subnets(request.subnets)
            network = network_request.network(request, self._chance.new_id(), self._clock.now(), subnets)
            self._check_bridge(network)
            parents.check_free(network, self._catalog.all())
            await self._make(self._with_parent(network))
        self._tell("create", network)
        return network

    async def remove(self, ref: str) -> None:
        """Remove a network. Forbidden for a builtin one, and while containers are in it."""
        network = self._catalog.find(ref)
        if network.name in network_request.BUILTIN_DRIVERS:
            raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        async with self._changing:
            self._check_unused(network)
            async with AsyncExitStack() as undo:
                undo.push_async_callback(self._make, network)
                await self._take_down(network)
                await self._catalog.delete(network.id)
                await self._firewall.apply()
                undo.pop_all()
        self._tell("destroy", network)

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Remove networks that no container is in: created before ``until`` (ns, 0: any), with ``labels``. Names."""
        removed = []
        for network in self._catalog.all():
            if self._prunable(network, until, labels):
                try:
                    await self.remove(network.id)
                except (Forbidden, NoSuchNetwork):
                    continue  # a container came into it meanwhile, or it is gone
                removed.append(network.name)
        self._events.publish("network", "prune", "", {"reclaimed": "0"})
        return tuple(removed)

    async def _make(self, network: Network) -> None:
        await self._catalog.put(network)
        try:
            await self._make_parent(network)
            if network.bridge:
                await self._networking.ensure_bridge(self._bridge_plan(network))
                await self._firewall.apply()
        except BaseException:
            await self._take_down(network)
            await self._catalog.delete(network.id)
            await self._firewall.apply()
            raise

    def _with_parent(self, network: Network) -> Network:
        """The network; where its parent is not there, as one that has it made."""
        if network.parent is None or self._networking.has_interface(network.parent.name):
            return network
        return replace(network, parent=parents.to_make(network.parent))

    async def _make_parent(self, network: Network) -> None:
        if network.parent:
            await self._networking.ensure_parent(network.parent)

    async def _take_down(self, network: Network) -> None:
        if network.parent:
            await self._networking.remove_parent(network.parent)
        if network.bridge:
            await self._networking.remove_bridge(network.bridge)

    async def _make_parents(self) -> None:
        """Those that a machine lost with its power. What they are made of may be gone: then containers that want to be
        in such a network are told so."""
        for network in self._catalog.all():
            try:
                present = self._with_parent(network)
                if present != network:
                    await self._catalog.put(present)
                await self._make_parent(present)
            except WherryError as error:
                _log.warning("network %s: %s", network.name, error)

    def _subnets(self, asked: tuple[Subnet, ...]) -> tuple[Subnet, ...]:
        """Those asked for, and one of IPv4 if none of them is."""
        taken = _subnet_texts(self._catalog.all())
        addresses.check_overlap(asked, taken)
        if any(addresses.version_of(subnet) == addresses.IPV4 for subnet in asked):
            return asked
        return *asked, addresses.choose_subnet((*taken, *self._networking.routes()), self._settings.pools)

    async def _ensure_default(self) -> None:
        """The default network has a row as the settings say, or none; its ID stays what it was."""
        known = self._catalog.named(DEFAULT_NETWORK)
        if self._settings.bridge == default_network.DISABLED:
            if known:
                await self._catalog.delete(known.id)
                await self._networking.remove_bridge(known.bridge)
            return
        bridges = self._networking.bridges()
        default_network.check_present(self._settings, bridges)
        subnet = default_network.subnet(
            self._settings,
            known.subnets[0] if known else None,
            bridges.get(default_network.interface(self._settings), ()),
            (*_subnet_texts(self._catalog.all()), *self._networking.routes()),
        )
        network_id, created = (known.id, known.created) if known else (self._chance.new_id(), self._clock.now())
        subnets = tuple(filter(None, (subnet, default_network.subnet_v6(self._settings))))
        wanted = default_network.network(self._settings, network_id, created, subnets)
        if known != wanted:
            await self._catalog.put(wanted)

    def _bridge_plan(self, network: Network) -> BridgePlan:
        own = bridge_addresses(network)
        return BridgePlan(
            name=network.bridge,
            addresses=own,
            mac=addresses.mac_of(next(address for address in own if ":" not in address).partition("/")[0]),
            mtu=network.mtu,
            owned=network.bridge != self._settings.bridge,
            forward=self._settings.forward,
            filtered=self._settings.firewall and not network.icc,
        )

    def _check_unused(self, network: Network) -> None:
        problem = ""
        if any(other.config_from == network.name for other in self._catalog.all()):
            problem = f'configuration network "{network.name}" is in use'
        elif self._leases.addresses(network.id):
            problem = f"network {network.name} id {network.id} has active endpoints"
        if problem:
            raise Forbidden(f"error while removing network: {problem}")

    def _check_bridge(self, network: Network) -> None:
        for other in self._catalog.all():
            if network.bridge and other.bridge == network.bridge:
                mine, theirs = (f"{each.id} ({each.bridge})" for each in (network, other))
                reason = f"conflicts with network {theirs}: networks have same bridge name"
                raise Forbidden(f"cannot create network {mine}: {reason}")

    def _prunable(self, network: Network, until: int, labels: tuple[str, ...]) -> bool:
        return (
            network.name not in network_request.BUILTIN_DRIVERS
            and not network.config_only
            and not self._leases.addresses(network.id)
            and (not until or network.created < until)
            and matches_labels(network.labels, labels)
        )

    def _tell(self, action: str, network: Network) -> None:
        self._events.publish("network", action, network.id, {"name": network.name, "type": network.driver})


def _subnet_texts(networks: Iterable[Network]) -> tuple[str, ...]:
    return tuple(subnet.subnet for network in networks if not network.config_only for subnet in network.subnets)
