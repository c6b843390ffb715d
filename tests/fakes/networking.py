"""The host's networking in memory. The contract tests hold it to the real one."""

import asyncio
from collections.abc import Collection

from wherry.errors import HostPortRefused, InternalError, NotFound
from wherry.model.network import BridgePlan, Interface, LinkedPort, Network, Parent, PublishedPort
from wherry.model.usage import Traffic
from wherry.plan.networks.ports import clash


class FakeNetworking:
    """``bridged``, ``pinned`` (interfaces by namespace), ``defaults`` (default route by namespace), ``published`` and
    ``ruled`` (networks that the firewall knows) tell what is made. ``host_interfaces`` (that may be parents),
    ``host_routes`` and ``host_ports`` (of other processes) are for tests to set, ``has_relay`` whether IPv6 is relayed,
    ``has_table`` whether the firewall's table is there, ``loose`` interfaces in no bridge, ``taken_away`` when the
    kernel tells of losses, ``firewall_turns`` how many turns of the loop rules take, and ``failures`` and
    ``failures_once``: an exception to raise, by method name."""

    def __init__(self) -> None:
        self.bridged: dict[str, BridgePlan] = {}
        self.pinned: dict[str, dict[str, Interface]] = {}
        self.defaults: dict[str, str] = {}
        self.published: set[PublishedPort] = set()
        self.ruled: tuple[Network, ...] = ()
        self.cut_off: list[str] = []
        self.host_interfaces: set[str] = set()
        self.host_routes: list[str] = []
        self.host_ports: set[tuple[str, str, int]] = set()
        self.has_relay = False
        self.has_table = True
        self.loose: set[str] = set()
        self.begun: set[str] = set()
        self.taken_away = asyncio.Event()
        self.firewall_turns = 0
        self.failures: dict[str, BaseException] = {}
        self.failures_once: dict[str, BaseException] = {}

    def has_interface(self, name: str) -> bool:
        return name in self.host_interfaces

    async def ensure_parent(self, parent: Parent) -> None:
        await self._act("ensure_parent")
        if parent.owned:
            self.host_interfaces.add(parent.name)

    async def remove_parent(self, parent: Parent) -> None:
        await self._act("remove_parent")
        if parent.owned:
            self.host_interfaces.discard(parent.name)

    def shares(self, path: str) -> tuple[str, ...]:
        return tuple(name for name, interface in self.pinned.get(path, {}).items() if interface.parent)

    async def ensure_bridge(self, plan: BridgePlan) -> None:
        await self._act("ensure_bridge")
        self.bridged[plan.name] = plan

    async def remove_bridge(self, name: str) -> None:
        await self._act("remove_bridge")
        self.bridged.pop(name, None)
        ends = (each for inside in self.pinned.values() for each in inside.values())
        self.loose |= {each.host_name for each in ends if each.bridge == name}

    def bridges(self) -> dict[str, tuple[str, ...]]:
        return {name: plan.addresses for name, plan in self.bridged.items()}

    def routes(self) -> tuple[str, ...]:
        return tuple(self.host_routes)

    async def create_namespace(self, path: str, interfaces: tuple[Interface, ...], user: str = "") -> None:
        await self._act("create_namespace")
        if path in self.pinned:
            raise FileExistsError(path)
        for interface in interfaces:
            self._check_bridge(interface)
        self.pinned[path] = {interface.name: interface for interface in interfaces}
        for interface in interfaces:
            if interface.gateways:
                self.defaults[path] = interface.gateways[0]

    async def connect(self, path: str, interface: Interface) -> None:
        await self._act("connect")
        self._check_bridge(interface)
        self.pinned[path][interface.name] = interface
        self.begun.discard(interface.host_name)
        if interface.gateways:
            self.defaults[path] = interface.gateways[0]

    async def disconnect(self, path: str, name: str) -> None:
        await self._act("disconnect")
        gone = self.pinned.get(path, {}).pop(name, None)
        if gone and self.defaults.get(path) in gone.gateways:
            del self.defaults[path]

    async def traffic(self, path: str) -> dict[str, Traffic]:
        if path not in self.namespaces():
            raise FileNotFoundError(path)
        counted = Traffic(
            rx_bytes=1,
            rx_packets=1,
            rx_errors=0,
            rx_dropped=0,
            tx_bytes=2,
            tx_packets=1,
            tx_errors=0,
            tx_dropped=0,
        )
        return {"lo": counted, "eth0": counted}

    async def route(self, path: str, name: str, gateways: tuple[str, ...], *, instead: bool) -> None:
        await self._act("route")
        if name not in self.pinned[path]:
            raise NotFound(f"no interface {name} in {path}")
        if instead or path not in self.defaults:
            self.defaults[path] = gateways[0]

    def interfaces(self) -> dict[str, str]:
        ends = (each for inside in self.pinned.values() for each in inside.values())
        return {each.host_name: "" if each.host_name in self.loose else each.bridge for each in ends if each.bridge}

    def unfinished(self) -> frozenset[str]:
        return frozenset(self.begun)

    def lacks(self, plans: Collection[BridgePlan]) -> bool:
        return not self.has_table or not {plan.name for plan in plans} <= self.bridged.keys()

    def disturbed(self) -> bool:
        was = self.taken_away.is_set()
        self.taken_away.clear()
        return was

    async def disturbance(self) -> None:
        await self.taken_away.wait()
        self.taken_away.clear()

    async def attach(self, host_name: str, bridge: str) -> None:
        await self._act("attach")
        self.loose.discard(host_name)

    async def remove_interface(self, host_name: str) -> None:
        await self._act("remove_interface")
        for path, inside in self.pinned.items():
            for name in [each.name for each in inside.values() if each.host_name == host_name]:
                await self.disconnect(path, name)

    async def remove_namespace(self, path: str, host_interfaces: tuple[str, ...] = (), *, shares: bool = False) -> None:
        await self._act("remove_namespace")
        self.cut_off += host_interfaces
        self.pinned.pop(path, None)
        self.defaults.pop(path, None)

    def namespaces(self) -> tuple[str, ...]:
        return tuple(sorted(self.pinned))

    async def apply_firewall(
        self, networks: tuple[Network, ...], ports: tuple[PublishedPort, ...] | None, links: tuple[LinkedPort, ...] = ()
    ) -> None:
        await self._act("apply_firewall")
        for _ in range(self.firewall_turns):
            await asyncio.sleep(0)
        self.ruled = networks
        self.has_table = True
        if ports is not None:
            self.published = set(ports)

    def ephemeral_ports(self) -> range:
        return range(32768, 32778)

    def relays_ipv6(self) -> bool:
        return self.has_relay

    def refuses(self, protocol: str, address: str, port: int) -> bool:
        mine = ((each.protocol, each.host_ip, each.host_port) for each in self.published)
        return any(
            (protocol, port) == (other_protocol, other_port) and clash(address, other)
            for other_protocol, other, other_port in (*self.host_ports, *mine)
        )

    async def publish(self, ports: tuple[PublishedPort, ...]) -> None:
        await self._act("publish")
        for port in ports:
            if port not in self.published and self.refuses(port.protocol, port.host_ip, port.host_port):
                raise HostPortRefused(port.host_ip, port.host_port, port.protocol, "address already in use")
        self.published |= set(ports)

    async def withdraw(self, ports: tuple[PublishedPort, ...]) -> None:
        await self._act("withdraw")
        self.published -= set(ports)

    async def _act(self, name: str) -> None:
        await asyncio.sleep(0)
        if name in self.failures_once:
            raise self.failures_once.pop(name)
        if name in self.failures:
            raise self.failures[name]

    def _check_bridge(self, interface: Interface) -> None:
        if interface.parent and interface.parent.name not in self.host_interfaces:
            raise InternalError(
                f"the requested parent interface {interface.parent.name} was not found on the Docker host"
            )
        if not interface.parent and interface.bridge not in self.bridged:
            raise NotFound(f"the bridge {interface.bridge} is missing")
