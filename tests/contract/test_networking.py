"""Networking: what the fake and the kernel promise."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.networking import FakeNetworking
from tests.harness.waiting import PATIENCE
from wherry.engine.ports import Networking
from wherry.errors import HostPortRefused, NotFound
from wherry.kernel.network import addressing, links, namespaces
from wherry.kernel.network.netlink import NETLINK_ROUTE, Netlink
from wherry.kernel.network.networking import Networking as KernelNetworking
from wherry.model.network import BridgePlan, Interface, Network, PublishedPort, Subnet
from wherry.plan.networks import firewall

BRIDGE = BridgePlan(name="wc0", addresses=("10.77.0.1/16",), mac="02:42:0a:4d:00:01")
NETWORK = Network(id="1", name="one", bridge="wc0", subnets=(Subnet(subnet="10.77.0.0/16"),))
PORT = PublishedPort(protocol="tcp", host_ip="0.0.0.0", host_port=8080, container_ip="10.77.0.2", container_port=80)


class World:
    """Networking, the folder of its namespaces, and a look at what other processes and containers see."""

    def __init__(self, port: Networking, folder: Path) -> None:
        self.port = port
        self._folder = folder
        self._sockets: list[socket.socket] = []

    def path(self, name: str) -> str:
        return str(self._folder / name)

    def listen(self, port: int) -> None:
        """Another process of the host takes a port. OSError if it cannot have it."""
        if isinstance(self.port, FakeNetworking):
            if self.port.refuses("tcp", "0.0.0.0", port):
                raise OSError("address already in use")
            self.port.host_ports.add(("tcp", "0.0.0.0", port))
            return
        server = socket.socket()
        self._sockets.append(server)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", port))
        server.listen()

    def inside(self, name: str) -> dict[str, tuple[str, ...]]:
        """IPv4 addresses by interface of a namespace, without loopback."""
        if isinstance(self.port, FakeNetworking):
            return {each.name: each.addresses for each in self.port.pinned[self.path(name)].values()}
        with Netlink(NETLINK_ROUTE, self.path(name)) as rtnl:
            names = {link.index: link.name for link in links.links(rtnl)}
            found: dict[str, tuple[str, ...]] = {}
            for address in addressing.addresses(rtnl):
                if ":" not in address.address and names[address.index] != "lo":
                    found[names[address.index]] = (*found.get(names[address.index], ()), address.address)
            return found

    def default_route(self, name: str) -> str | None:
        if isinstance(self.port, FakeNetworking):
            return self.port.defaults.get(self.path(name))
        with Netlink(NETLINK_ROUTE, self.path(name)) as rtnl:
            return next((route.gateway for route in addressing.routes(rtnl) if route.destination == "0.0.0.0/0"), None)

    def break_off(self, name: str, interface: Interface) -> None:
        """As an engine leaves an interface of a namespace that dies while it makes it."""
        if isinstance(self.port, FakeNetworking):
            self.port.begun.add(interface.host_name)
            return
        path = self.path(name)
        for words in (("addr", "flush"), ("link", "set", "down")):
            argv = ["nsenter", f"--net={path}", "ip", *words, "dev", interface.name]
            subprocess.run(argv, check=True)

    async def take_away_bridge(self, name: str) -> None:
        """As another program would."""
        await self.port.remove_bridge(name)
        if isinstance(self.port, FakeNetworking):
            self.port.taken_away.set()

    def close(self) -> None:
        for each in self._sockets:
            each.close()


@pytest.fixture(params=["fake", pytest.param("kernel", marks=pytest.mark.root)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield World(FakeNetworking(), tmp_path)
        return
    host = str(tmp_path / "host")
    namespaces.create(host)
    try:
        with namespaces.entered(host):
            networking = KernelNetworking(tmp_path / "netns", firewall.ruleset, firewall.map_of)
            made = World(networking, tmp_path / "netns")
            yield made
            made.close()
            for left in (tmp_path / "netns").iterdir():
                namespaces.remove(str(left))
            networking.close()
    finally:
        namespaces.remove(host)


def interface(number: int, *, name: str = "eth0", gateway: str = "") -> Interface:
    return Interface(
        bridge="wc0",
        host_name=f"vethwc{number}",
        name=name,
        mac=f"02:42:0a:4d:00:{number:02x}",
        mtu=1500,
        addresses=(f"10.77.0.{number}/16",),
        gateways=(gateway,) if gateway else (),
    )


async def test_a_namespace_has_its_interfaces_and_its_route(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2, gateway="10.77.0.1"), interface(3, name="eth1")))
    assert world.inside("a") == {"eth0": ("10.77.0.2/16",), "eth1": ("10.77.0.3/16",)}
    assert world.default_route("a") == "10.77.0.1"
    assert world.port.namespaces() == (world.path("a"),)


async def test_a_namespace_may_have_no_interface(world: World) -> None:
    await world.port.create_namespace(world.path("a"), ())
    assert world.inside("a") == {}
    assert world.port.namespaces() == (world.path("a"),)


async def test_removal_is_idempotent_and_frees_the_path(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    for number in (2, 3):
        await world.port.create_namespace(world.path("a"), (interface(number),))
        await world.port.remove_namespace(world.path("a"), (f"vethwc{number}",))
        await world.port.remove_namespace(world.path("a"), (f"vethwc{number}",))
        assert world.port.namespaces() == ()


async def test_a_namespace_that_could_not_be_made_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        await world.port.create_namespace(world.path("a"), (interface(2),))
    assert world.port.namespaces() == ()


async def test_interfaces_come_and_go(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2, gateway="10.77.0.1"),))

    await world.port.connect(world.path("a"), interface(3, name="eth1"))
    assert world.inside("a") == {"eth0": ("10.77.0.2/16",), "eth1": ("10.77.0.3/16",)}

    await world.port.disconnect(world.path("a"), "eth0")
    await world.port.disconnect(world.path("a"), "eth0")
    assert world.inside("a") == {"eth1": ("10.77.0.3/16",)}
    assert world.default_route("a") is None

    await world.port.route(world.path("a"), "eth1", ("10.77.0.1",), instead=False)
    assert world.default_route("a") == "10.77.0.1"


async def test_the_default_route_can_be_moved(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2, gateway="10.77.0.1"),))

    await world.port.connect(world.path("a"), interface(3, name="eth1", gateway="10.77.0.7"))
    assert world.default_route("a") == "10.77.0.7"

    await world.port.route(world.path("a"), "eth0", ("10.77.0.8",), instead=False)
    assert world.default_route("a") == "10.77.0.7"

    await world.port.route(world.path("a"), "eth0", ("10.77.0.8",), instead=True)
    assert world.default_route("a") == "10.77.0.8"


async def test_interfaces_are_known_by_their_hosts_ends(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2), interface(3, name="eth1")))
    assert world.port.interfaces() == {"vethwc2": "wc0", "vethwc3": "wc0"}

    await world.port.remove_interface("vethwc2")
    await world.port.remove_interface("vethwc2")

    assert world.port.interfaces() == {"vethwc3": "wc0"}
    assert list(world.inside("a")) == ["eth1"]


async def test_an_interface_that_was_begun_can_be_finished(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2), interface(3, name="eth1")))
    before = world.inside("a")
    assert world.port.unfinished() == frozenset()

    world.break_off("a", interface(3, name="eth1"))
    assert world.port.unfinished() == {"vethwc3"}

    await world.port.connect(world.path("a"), interface(3, name="eth1"))
    assert world.port.unfinished() == frozenset()
    assert world.inside("a") == before


async def test_interfaces_of_a_bridge_that_is_gone_come_into_a_new_one(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.apply_firewall((NETWORK,), ())
    await world.port.create_namespace(world.path("a"), (interface(2),))
    assert not world.port.lacks([BRIDGE])
    world.port.disturbed()  # by what was here before the first rules

    await world.take_away_bridge("wc0")
    assert world.port.disturbed()
    assert not world.port.disturbed()
    assert world.port.lacks([BRIDGE])
    assert world.port.interfaces() == {"vethwc2": ""}

    await world.port.ensure_bridge(BRIDGE)
    await world.port.attach("vethwc2", "wc0")
    assert not world.port.lacks([BRIDGE])
    assert world.port.interfaces() == {"vethwc2": "wc0"}


async def test_what_is_made_disturbs_nobody(world: World) -> None:
    await world.port.apply_firewall((), ())
    world.port.disturbed()

    await world.port.ensure_bridge(BRIDGE)
    await world.port.create_namespace(world.path("a"), (interface(2),))
    await world.port.publish((PORT,))
    await world.port.withdraw((PORT,))
    await world.port.disconnect(world.path("a"), "eth0")

    assert not world.port.disturbed()


async def test_a_disturbance_is_waited_for(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    world.port.disturbed()
    waiting = asyncio.ensure_future(world.port.disturbance())
    await asyncio.sleep(0)
    assert not waiting.done()

    await world.take_away_bridge("wc0")

    async with asyncio.timeout(10 * PATIENCE):
        await waiting


async def test_bridges_are_made_once_and_removed(world: World) -> None:
    await world.port.ensure_bridge(BRIDGE)
    await world.port.ensure_bridge(BRIDGE)
    assert dict(world.port.bridges()) == {"wc0": ("10.77.0.1/16",)}

    await world.port.remove_bridge("wc0")
    await world.port.remove_bridge("wc0")
    assert dict(world.port.bridges()) == {}


async def test_another_process_cannot_have_a_published_port(world: World) -> None:
    await world.port.apply_firewall((NETWORK,), ())
    await world.port.publish((PORT,))
    with pytest.raises(OSError):
        world.listen(8080)


async def test_a_port_of_another_process_is_refused_and_nothing_is_published(world: World) -> None:
    await world.port.apply_firewall((NETWORK,), ())
    world.listen(8081)
    other = PublishedPort(
        protocol="tcp", host_ip="0.0.0.0", host_port=8081, container_ip="10.77.0.2", container_port=81
    )

    assert world.port.refuses("tcp", "0.0.0.0", 8081)
    with pytest.raises(
        HostPortRefused,
        match=r"^Error starting userland proxy: listen tcp4 0\.0\.0\.0:8081: bind: address already in use$",
    ):
        await world.port.publish((PORT, other))

    world.listen(8080)


async def test_a_withdrawn_port_is_free(world: World) -> None:
    await world.port.apply_firewall((NETWORK,), ())
    await world.port.publish((PORT,))
    await world.port.withdraw((PORT,))
    await world.port.withdraw((PORT,))
    assert not world.port.refuses("tcp", "0.0.0.0", 8080)
    world.listen(8080)


async def test_a_firewall_applied_with_ports_keeps_these_alone(world: World) -> None:
    await world.port.apply_firewall((NETWORK,), ())
    await world.port.publish((PORT,))
    moved = PublishedPort(
        protocol="tcp", host_ip="0.0.0.0", host_port=8082, container_ip="10.77.0.2", container_port=80
    )
    await world.port.apply_firewall((NETWORK,), (moved,))
    world.listen(8080)
    with pytest.raises(OSError):
        world.listen(8082)


async def test_a_firewall_applied_without_ports_keeps_what_is_published(world: World) -> None:
    await world.port.apply_firewall((NETWORK,), ())
    await world.port.publish((PORT,))
    await world.port.apply_firewall((NETWORK,), None)
    with pytest.raises(OSError):
        world.listen(8080)


async def test_ephemeral_ports_are_ports(world: World) -> None:
    ports = world.port.ephemeral_ports()
    assert 0 < ports.start < ports.stop <= 65536
