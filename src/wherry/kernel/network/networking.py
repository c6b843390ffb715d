"""Networks of containers: bridges, pinned namespaces, the firewall's table, host ports.

All of it is in the network namespace that the process is in when this is made. The kernel carries netlink requests
out at once, so nothing here waits, but for nft when rules change.
"""

import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import groupby
from pathlib import Path
from typing import Final

from wherry.errors import NotFound
from wherry.kernel import user_namespaces
from wherry.kernel.mounts import memory_folders
from wherry.kernel.network import addressing, bridges, conntrack, links, namespaces, nftables, parents
from wherry.kernel.network.claims import Claims
from wherry.kernel.network.disturbances import Disturbances
from wherry.kernel.network.host_ports import HostPorts
from wherry.kernel.network.interfaces import Interfaces
from wherry.kernel.network.netlink import NETLINK_NETFILTER, NETLINK_ROUTE, Netlink
from wherry.model.network import BridgePlan, Interface, LinkedPort, Network, Parent, PublishedPort
from wherry.model.usage import Traffic

Ruleset = Callable[[tuple[Network, ...], tuple[PublishedPort, ...] | None, tuple[LinkedPort, ...]], str]
"""The firewall's rules for all networks, for published ports (None: those that there are), and for links."""

MapOf = Callable[[PublishedPort], str | None]
"""The map of the table in which a published port belongs, None if in none."""

_FAMILY: Final = "inet"


class Networking:
    """One rtnetlink and one nfnetlink socket, open until this is closed; closing it leaves all networks as they are."""

    def __init__(
        self,
        folder: Path,
        ruleset: Ruleset,
        map_of: MapOf,
        *,
        table: str = "wherry",
        firewall: bool = True,
        relay: bool = True,
    ) -> None:
        """Namespaces are pinned in ``folder``; ``ruleset`` makes ``table``. Without ``firewall`` no rule is made,
        nor any that is there touched; without ``relay`` what no rule translates is not reached."""
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._folder = folder
        if not self.namespaces():
            memory_folders.provide(folder, 0o755)
        self._table = table
        self._ruleset = ruleset
        self._map_of = map_of
        self._firewall = firewall
        self._relay = relay
        self._ports = HostPorts(self._needs_relay)
        self._rules = frozenset[bytes]()  # as this made them
        with ExitStack() as opened:
            self._rtnl = opened.enter_context(Netlink(NETLINK_ROUTE))
            self._interfaces = Interfaces(self._rtnl)
            self._nfnl = opened.enter_context(Netlink(NETLINK_NETFILTER))
            self._disturbances = opened.enter_context(Disturbances(self._rtnl, table))
            self._claims = Claims()
            opened.callback(self._claims.close)
            opened.callback(self._ports.close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        self._opened.close()
        if not self.namespaces():
            memory_folders.give_back(self._folder)

    # --- bridges and parents ---

    async def ensure_bridge(self, plan: BridgePlan) -> None:
        if plan.owned:
            self._claims.take(plan.name)
        bridges.ensure(self._rtnl, plan, firewall=self._firewall)

    async def remove_bridge(self, name: str) -> None:
        links.delete(self._rtnl, name)
        self._claims.release(name)

    def has_interface(self, name: str) -> bool:
        return links.link(self._rtnl, name) is not None

    async def ensure_parent(self, parent: Parent) -> None:
        parents.ensure(self._rtnl, parent)

    async def remove_parent(self, parent: Parent) -> None:
        parents.remove(self._rtnl, parent)

    def bridges(self) -> dict[str, tuple[str, ...]]:
        return bridges.addresses(self._rtnl)

    def routes(self) -> tuple[str, ...]:
        return tuple(route.destination for route in addressing.routes(self._rtnl))

    # --- namespaces ---

    async def create_namespace(self, path: str, interfaces: tuple[Interface, ...], user: str = "") -> None:
        if user:
            await user_namespaces.create_network(path, user)
        else:
            namespaces.create(path)
        try:
            with Netlink(NETLINK_ROUTE, path) as inside:
                if not interfaces:
                    links.set_up(inside, links.LOOPBACK)
                for interface in interfaces:
                    self._interfaces.add(path, inside, interface)
        except BaseException:
            ends = tuple(each.host_name for each in interfaces if each.bridge)
            await self.remove_namespace(path, ends, shares=len(ends) < len(interfaces))
            raise

    async def connect(self, path: str, interface: Interface) -> None:
        with Netlink(NETLINK_ROUTE, path) as inside:
            self._interfaces.add(path, inside, interface)

    async def disconnect(self, path: str, name: str) -> None:
        with suppress(FileNotFoundError):
            with Netlink(NETLINK_ROUTE, path) as inside:
                links.delete(inside, name)

    def shares(self, path: str) -> tuple[str, ...]:
        try:
            with Netlink(NETLINK_ROUTE, path) as inside:
                return tuple(link.name for link in links.links(inside) if link.kind in parents.SHARES)
        except FileNotFoundError:
            return ()

    async def traffic(self, path: str) -> dict[str, Traffic]:
        with Netlink(NETLINK_ROUTE, path) as inside:
            return links.traffic(inside)

    async def route(self, path: str, name: str, gateways: tuple[str, ...], *, instead: bool) -> None:
        with Netlink(NETLINK_ROUTE, path) as inside:
            link = links.link(inside, name)
            if link is None:
                raise NotFound(f"no interface {name} in {path}")
            addressing.set_default_routes(inside, link.index, gateways, instead=instead)

    def interfaces(self) -> dict[str, str]:
        present = links.links(self._rtnl)
        names = {link.index: link.name for link in present}
        return {link.name: names.get(link.master, "") for link in present if link.kind == "veth"}

    def unfinished(self) -> frozenset[str]:
        present = links.links(self._rtnl)
        return frozenset(link.name for link in present if link.kind == "veth" and not link.has_carrier)

    def lacks(self, plans: Collection[BridgePlan]) -> bool:
        if self._firewall and not self._rules <= nftables.rules(self._nfnl, _FAMILY, self._table):
            return True
        return any(bridges.lacks(self._rtnl, plan) for plan in plans)

    def disturbed(self) -> bool:
        return self._disturbances.any()

    async def disturbance(self) -> None:
        await self._disturbances.next()

    async def attach(self, host_name: str, bridge: str) -> None:
        if port := links.link(self._rtnl, host_name):
            links.attach(self._rtnl, port.index, bridges.find(self._rtnl, bridge).index)

    async def remove_interface(self, host_name: str) -> None:
        links.delete(self._rtnl, host_name)

    async def remove_namespace(self, path: str, host_interfaces: tuple[str, ...] = (), *, shares: bool = False) -> None:
        for name in host_interfaces:
            links.cut_off(self._rtnl, name)
        for name in self.shares(path) if shares else ():
            await self.disconnect(path, name)
        namespaces.remove(path)

    def namespaces(self) -> tuple[str, ...]:
        return tuple(sorted(str(path) for path in self._folder.iterdir()))

    # --- firewall and ports ---

    async def apply_firewall(
        self, networks: tuple[Network, ...], ports: tuple[PublishedPort, ...] | None, links: tuple[LinkedPort, ...] = ()
    ) -> None:
        if self._firewall:
            await nftables.apply(self._ruleset(networks, ports, links))
            self._rules = nftables.rules(self._nfnl, _FAMILY, self._table)
        if ports is not None:
            self._ports.keep_what_can_be_had(ports)

    def ephemeral_ports(self) -> range:
        return self._ports.ephemeral()

    def relays_ipv6(self) -> bool:
        return self._relay and not self._ports.refuses("tcp", "::1", 0)

    def refuses(self, protocol: str, address: str, port: int) -> bool:
        return self._ports.refuses(protocol, address, port)

    async def publish(self, ports: tuple[PublishedPort, ...]) -> None:
        self._ports.take(ports)
        try:
            for name, members in self._by_map(ports):
                nftables.add_elements(self._nfnl, _FAMILY, self._table, name, members)
        except BaseException:
            await self.withdraw(ports)
            raise
        self._forget_flows(ports)

    async def withdraw(self, ports: tuple[PublishedPort, ...]) -> None:
        for name, members in self._by_map(ports):
            nftables.delete_elements(self._nfnl, _FAMILY, self._table, name, members)
        self._ports.release(ports)
        self._forget_flows(ports)

    def _needs_relay(self, port: PublishedPort) -> bool:
        """The kernel takes no answer to ::1 from elsewhere, so that IPv6 needs one even where rules translate it."""
        return self._relay and (not self._firewall or ":" in port.host_ip)

    def _by_map(self, ports: Iterable[PublishedPort]) -> Iterator[tuple[str, list[PublishedPort]]]:
        if not self._firewall:
            return
        named = sorted((name, index, port) for index, port in enumerate(ports) if (name := self._map_of(port)))
        for name, group in groupby(named, key=lambda entry: entry[0]):
            yield name, [port for _name, _index, port in group]

    def _forget_flows(self, ports: Iterable[PublishedPort]) -> None:
        """A sender of datagrams that never pauses would keep the old way for ever."""
        if found := {port.host_port for port in ports if port.protocol == "udp"}:
            conntrack.forget(self._nfnl, socket.AF_INET, socket.IPPROTO_UDP, found)
