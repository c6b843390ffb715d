"""Networking by real packets: from and to containers, through published ports, over the death of an engine."""

import asyncio
import itertools
import socket
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from wherry.errors import HostPortRefused
from wherry.kernel import sysctls
from wherry.kernel.network import namespaces
from wherry.kernel.network.networking import Networking
from wherry.model.network import BridgePlan, Interface, Network, PublishedPort, Subnet
from wherry.plan.networks import firewall

from .small_internet import HOST_OUTSIDE, OUTSIDE, TCP, UDP, World, world

pytestmark = pytest.mark.root

BRIDGE = BridgePlan(name="wn0", addresses=("10.95.0.1/16",), mac="02:42:0a:5f:00:01")
NETWORK = Network(id="1", name="one", bridge="wn0", subnets=(Subnet(subnet="10.95.0.0/16"),))
GATEWAY = "10.95.0.1"
A, B = "10.95.0.2", "10.95.0.3"


class Host:
    """A host with an engine's networking on it."""

    def __init__(self, internet: World, folder: Path) -> None:
        self.internet = internet
        self._folder = folder
        self._numbers = itertools.count(1)
        self._open()
        self.run(self.networking.ensure_bridge(BRIDGE))
        self.run(self.networking.apply_firewall((NETWORK,), ()))

    def _open(self) -> None:
        with self.internet.on_host():
            self.networking = Networking(self._folder, firewall.ruleset, firewall.map_of)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        with self.internet.on_host():
            asyncio.run(work)

    def restart(self, *ports: PublishedPort) -> None:
        """The engine ends and another one takes over."""
        self.networking.close()
        self._open()
        self.run(self.networking.ensure_bridge(BRIDGE))
        self.run(self.networking.apply_firewall((NETWORK,), ports))

    def container(self, name: str, address: str) -> tuple[str, str]:
        """Path of a new namespace that answers by ``name``, and the host's end of its interface."""
        path, host_name = str(self._folder / name), f"vethwn{next(self._numbers)}"
        mac = "02:42:" + socket.inet_aton(address).hex(":")
        made = Interface(
            bridge="wn0",
            host_name=host_name,
            name="eth0",
            mac=mac,
            mtu=1500,
            addresses=(f"{address}/16",),
            gateways=(GATEWAY,),
        )
        self.run(self.networking.create_namespace(path, (made,)))
        self.internet.serve(path, name)
        return path, host_name

    def publish(self, *ports: PublishedPort) -> None:
        self.run(self.networking.publish(ports))

    def close(self) -> None:
        for path in self._folder.iterdir():
            namespaces.remove(str(path))
        self.networking.close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with world() as internet:
        internet.serve(internet.outside, "outside")
        made = Host(internet, tmp_path / "netns")
        yield made
        made.close()


def published(protocol: str, host_port: int, address: str = A, host_ip: str = "0.0.0.0") -> PublishedPort:
    return PublishedPort(
        protocol=protocol, host_ip=host_ip, host_port=host_port, container_ip=address, container_port=80
    )


@pytest.mark.parametrize(("protocol", "kind"), [("tcp", TCP), ("udp", UDP)])
def test_packets_find_their_way(host: Host, protocol: str, kind: int) -> None:
    internet = host.internet
    a, _interface = host.container("a", A)
    b, _interface = host.container("b", B)
    host.publish(published(protocol, 8080), published(protocol, 8081, host_ip="127.0.0.1"))

    assert internet.ask(a, OUTSIDE, 80, kind) == f"outside {HOST_OUTSIDE}"
    assert internet.ask(b, A, 80, kind) == f"a {B}"
    assert internet.ask(internet.host, A, 80, kind) == f"a {GATEWAY}"
    assert internet.ask(internet.outside, HOST_OUTSIDE, 8080, kind) == f"a {OUTSIDE}"
    for address in ("127.0.0.1", HOST_OUTSIDE, GATEWAY):
        assert internet.ask(internet.host, address, 8080, kind).startswith("a ")
    assert internet.ask(internet.host, "127.0.0.1", 8081, kind).startswith("a ")
    for caller in (a, b):
        for address in (HOST_OUTSIDE, GATEWAY):
            assert internet.ask(caller, address, 8080, kind) == f"a {GATEWAY}"


def test_no_container_becomes_the_hosts_router(host: Host) -> None:
    with host.internet.on_host():
        assert sysctls.read(sysctls.accept_ra("wn0")) == "0"


def test_a_port_of_loopback_is_closed_to_others(host: Host) -> None:
    host.container("a", A)
    host.publish(published("tcp", 8081, host_ip="127.0.0.1"))
    with pytest.raises(ConnectionRefusedError):
        host.internet.ask(host.internet.outside, HOST_OUTSIDE, 8081)


def test_a_withdrawn_port_is_closed(host: Host) -> None:
    host.container("a", A)
    host.publish(published("tcp", 8080))
    host.run(host.networking.withdraw((published("tcp", 8080),)))
    with pytest.raises(ConnectionRefusedError):
        host.internet.ask(host.internet.outside, HOST_OUTSIDE, 8080)


def test_a_successor_at_the_same_address_answers_while_the_old_namespace_lives_on(host: Host) -> None:
    a, interface = host.container("a", A)
    host.publish(published("tcp", 8080))
    assert host.internet.ask(host.internet.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"
    held = namespaces.socket_in(a, socket.AF_INET, socket.SOCK_DGRAM)  # as a process would hold it

    host.run(host.networking.remove_namespace(a, (interface,)))
    host.container("next", A)
    assert host.internet.ask(host.internet.outside, HOST_OUTSIDE, 8080) == f"next {OUTSIDE}"
    held.close()


def test_a_sender_of_datagrams_that_never_pauses_reaches_the_new_owner_of_the_port(host: Host) -> None:
    host.container("a", A)
    host.container("b", B)
    with namespaces.socket_in(host.internet.outside, socket.AF_INET, UDP) as sender:
        sender.settimeout(2)
        sender.connect((HOST_OUTSIDE, 8080))
        for address, name in ((A, "a"), (B, "b")):
            port = published("udp", 8080, address)
            host.publish(port)
            sender.send(b"?")
            assert sender.recv(100) == f"{name} {OUTSIDE}".encode()
            host.run(host.networking.withdraw((port,)))


def test_published_ports_outlive_the_engine_and_are_kept_again_by_the_next(host: Host) -> None:
    internet, port = host.internet, published("tcp", 8080)
    host.container("a", A)
    host.publish(port)

    host.networking.close()
    assert internet.ask(internet.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"

    host.restart(port)
    assert internet.ask(internet.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"
    with internet.on_host(), socket.socket() as other:
        with pytest.raises(OSError):
            other.bind(("0.0.0.0", 8080))


def test_a_port_that_a_process_took_while_no_engine_was_there_leads_to_the_container_still(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    internet, port = host.internet, published("tcp", 8080)
    host.container("a", A)
    host.publish(port)
    host.networking.close()
    with internet.on_host(), socket.socket() as other:
        other.bind(("0.0.0.0", 8080))
        other.listen()
        host.restart(port)
        assert internet.ask(internet.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"
    assert "8080: bind: address already in use" in caplog.text


def test_lingering_connections_of_an_earlier_listener_do_not_stand_in_the_way(host: Host) -> None:
    with namespaces.socket_in(host.internet.host, socket.AF_INET, TCP) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 8080))
        server.listen()
        client = namespaces.socket_in(host.internet.host, socket.AF_INET, TCP)
        client.connect(("127.0.0.1", 8080))
        accepted, _peer = server.accept()
        accepted.close()
        client.close()
    host.container("a", A)
    host.publish(published("tcp", 8080))
    assert host.internet.ask(host.internet.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"


def test_an_address_that_is_not_the_hosts_is_refused(host: Host) -> None:
    with pytest.raises(
        HostPortRefused,
        match=r"^Error starting userland proxy: listen tcp4 192\.0\.2\.77:80: bind: cannot assign requested address$",
    ):
        host.publish(published("tcp", 80, host_ip="192.0.2.77"))


def test_a_container_has_no_ipv6_and_others_do_not_see_it(host: Host) -> None:
    a, _interface = host.container("a", A)
    with namespaces.entered(a), open("/proc/thread-self/net/if_inet6") as table:
        assert [line.split()[-1] for line in table] == ["lo"]


def test_two_engines_of_one_host_number_their_links_apart(host: Host, tmp_path: Path) -> None:
    internet = host.internet
    with internet.on_host():
        other = Networking(tmp_path / "netns", firewall.ruleset, firewall.map_of)
    mine = host.networking
    for name, address, networking in (("a", A, mine), ("b", B, other)):
        host.networking = networking
        host.container(name, address)
    host.networking = mine
    other.close()
    assert internet.ask(internet.host, A, 80) == f"a {GATEWAY}"
    assert internet.ask(internet.host, B, 80) == f"b {GATEWAY}"
