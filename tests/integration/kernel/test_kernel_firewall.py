"""The ruleset, the maps and the links by real packets."""

import asyncio
import socket
import struct
import subprocess
from collections.abc import Iterator

import pytest

from wherry.kernel import sysctls
from wherry.kernel.network import conntrack, namespaces, nftables
from wherry.model.network import Network, PublishedPort, Subnet
from wherry.plan.networks import firewall

from .small_internet import (
    HOST_OUTSIDE,
    HOST_OUTSIDE_2,
    HOST_OUTSIDE_6,
    OUTSIDE,
    TCP,
    UDP,
    World,
    world,
)

pytestmark = pytest.mark.root

PROTOCOLS = {"tcp": TCP, "udp": UDP}
QUIET = 0.3

ONE = Network(
    id="1", name="one", bridge="wb1", subnets=(Subnet(subnet="10.91.0.0/16"), Subnet(subnet="fd00:91::/64")), ipv6=True
)
TWO = Network(id="2", name="two", bridge="wb2", subnets=(Subnet(subnet="10.92.0.0/16"),))
CLOSED = Network(id="3", name="closed", bridge="wb3", subnets=(Subnet(subnet="10.93.0.0/16"),), icc=False)
INTERNAL = Network(id="4", name="internal", bridge="wb4", subnets=(Subnet(subnet="10.94.0.0/16"),), internal=True)
HOST = Network(id="5", name="host", driver="host")
NETWORKS = (ONE, TWO, CLOSED, INTERNAL, HOST)


class Containers:
    """``a`` and ``b`` in network one, ``c`` in two, ``d`` and ``e`` in closed, ``f`` and ``g`` in internal."""

    def __init__(self, world: World) -> None:
        one = world.bridge("wb1", "10.91.0.1/16", "fd00:91::1/64")
        two = world.bridge("wb2", "10.92.0.1/16")
        closed = world.bridge("wb3", "10.93.0.1/16")
        internal = world.bridge("wb4", "10.94.0.1/16")
        to_one = ("10.91.0.1", "fd00:91::1")
        self.a = world.container("a", one, "10.91.0.2/16", "fd00:91::2/64", gateways=to_one)
        self.b = world.container("b", one, "10.91.0.3/16", "fd00:91::3/64", gateways=to_one)
        self.c = world.container("c", two, "10.92.0.2/16", gateways=("10.92.0.1",))
        self.d = world.container("d", closed, "10.93.0.2/16", gateways=("10.93.0.1",))
        self.e = world.container("e", closed, "10.93.0.3/16", gateways=("10.93.0.1",))
        self.f = world.container("f", internal, "10.94.0.2/16", gateways=("10.94.0.1",))
        self.g = world.container("g", internal, "10.94.0.3/16", gateways=("10.94.0.1",))


@pytest.fixture(scope="module", params=["bridged frames meet the firewall", "bridged frames do not"])
def net(request: pytest.FixtureRequest) -> Iterator[World]:
    with world() as made:
        with made.on_host():
            value = int(request.param == "bridged frames meet the firewall")
            sysctls.write(sysctls.BRIDGED_IPV4_MEETS_FIREWALL, value)
            sysctls.write(sysctls.BRIDGED_IPV6_MEETS_FIREWALL, value)
        made.serve(made.outside, "outside")
        yield made


@pytest.fixture(scope="module")
def at(net: World) -> Containers:
    return Containers(net)


@pytest.fixture(autouse=True)
def ruled(net: World, at: Containers) -> None:
    apply_on_host(net, firewall.ruleset(NETWORKS, ports=()))


def apply_on_host(net: World, ruleset: str) -> None:
    with net.on_host():
        asyncio.run(nftables.apply(ruleset))


def publish(net: World, *ports: PublishedPort) -> None:
    for port in ports:
        name = firewall.map_of(port)
        assert name is not None
        nftables.add_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, name, [port])


def withdraw(net: World, port: PublishedPort) -> None:
    name = firewall.map_of(port)
    assert name is not None
    nftables.delete_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, name, [port])


def port_of_a(protocol: str = "tcp", host_ip: str = "0.0.0.0", host_port: int = 8080) -> PublishedPort:
    container_ip = "fd00:91::2" if ":" in host_ip else "10.91.0.2"
    return PublishedPort(
        protocol=protocol, host_ip=host_ip, host_port=host_port, container_ip=container_ip, container_port=80
    )


def silent(net: World, source: str, address: str, port: int, kind: int = TCP) -> bool:
    """Nothing answers: the packet was dropped, or refused by someone without a service."""
    try:
        net.ask(source, address, port, kind, timeout=QUIET)
    except (TimeoutError, ConnectionRefusedError):
        return True
    return False


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_published_port_answers_the_outside_and_the_caller_is_seen(net: World, protocol: str) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(net.outside, HOST_OUTSIDE, 8080, PROTOCOLS[protocol]) == f"a {OUTSIDE}"
    assert net.ask(net.outside, HOST_OUTSIDE_2, 8080, PROTOCOLS[protocol]) == f"a {OUTSIDE}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", HOST_OUTSIDE, "10.91.0.1", "10.92.0.1"])
def test_a_published_port_answers_the_host_itself(net: World, protocol: str, address: str) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(net.host, address, 8080, PROTOCOLS[protocol]).startswith("a ")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("address", [HOST_OUTSIDE, "10.91.0.1"])
def test_a_published_port_answers_the_container_itself_through_the_host(
    net: World, at: Containers, protocol: str, address: str
) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(at.a, address, 8080, PROTOCOLS[protocol]) == "a 10.91.0.1"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("address", [HOST_OUTSIDE, "10.91.0.1"])
def test_a_published_port_answers_a_neighbour_in_the_network_through_the_host(
    net: World, at: Containers, protocol: str, address: str
) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(at.b, address, 8080, PROTOCOLS[protocol]) == "a 10.91.0.1"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_published_port_answers_another_network_through_the_host(net: World, at: Containers, protocol: str) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(at.c, HOST_OUTSIDE, 8080, PROTOCOLS[protocol]).startswith("a ")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_port_bound_to_one_address_answers_only_there(net: World, protocol: str) -> None:
    publish(net, port_of_a(protocol, host_ip=HOST_OUTSIDE))
    kind = PROTOCOLS[protocol]
    assert net.ask(net.outside, HOST_OUTSIDE, 8080, kind) == f"a {OUTSIDE}"
    assert net.ask(net.host, HOST_OUTSIDE, 8080, kind).startswith("a ")
    assert silent(net, net.outside, HOST_OUTSIDE_2, 8080, kind)
    assert silent(net, net.host, "127.0.0.1", 8080, kind)


def test_a_port_bound_to_loopback_answers_the_host_only(net: World, at: Containers) -> None:
    publish(net, port_of_a(host_ip="127.0.0.1"))
    assert net.ask(net.host, "127.0.0.1", 8080).startswith("a ")
    assert silent(net, net.outside, HOST_OUTSIDE, 8080)
    assert silent(net, at.b, HOST_OUTSIDE, 8080)


def test_one_port_can_have_an_owner_for_each_address(net: World) -> None:
    other = PublishedPort(
        protocol="tcp", host_ip=HOST_OUTSIDE_2, host_port=8080, container_ip="10.92.0.2", container_port=80
    )
    publish(net, port_of_a(), other)
    assert net.ask(net.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"
    assert net.ask(net.outside, HOST_OUTSIDE_2, 8080) == f"c {OUTSIDE}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_withdrawing_a_port_stops_new_connections(net: World, protocol: str) -> None:
    publish(net, port_of_a(protocol))
    assert net.ask(net.outside, HOST_OUTSIDE, 8080, PROTOCOLS[protocol])
    withdraw(net, port_of_a(protocol))
    assert silent(net, net.outside, HOST_OUTSIDE, 8080, PROTOCOLS[protocol])
    assert silent(net, net.host, "127.0.0.1", 8080, PROTOCOLS[protocol])


def test_publishing_twice_and_withdrawing_twice_is_fine(net: World) -> None:
    publish(net, port_of_a())
    publish(net, port_of_a())
    withdraw(net, port_of_a())
    withdraw(net, port_of_a())
    assert silent(net, net.outside, HOST_OUTSIDE, 8080)


def test_a_host_port_has_one_owner(net: World) -> None:
    publish(net, port_of_a())
    thief = PublishedPort(
        protocol="tcp", host_ip="0.0.0.0", host_port=8080, container_ip="10.92.0.2", container_port=80
    )
    with pytest.raises(FileExistsError, match=r"tcp 0\.0\.0\.0 8080"):
        publish(net, thief)
    assert net.ask(net.outside, HOST_OUTSIDE, 8080).startswith("a ")


def test_a_range_is_published_and_withdrawn_as_one(net: World) -> None:
    ports = [port_of_a(host_port=10000 + i) for i in range(1200)]
    nftables.add_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, "ports4", ports)
    assert net.ask(net.outside, HOST_OUTSIDE, 11199) == f"a {OUTSIDE}"
    withdraw(net, ports[7])
    nftables.delete_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, "ports4", ports)
    assert silent(net, net.outside, HOST_OUTSIDE, 10000)
    assert silent(net, net.outside, HOST_OUTSIDE, 11199)


def test_more_ports_than_a_message_has_room_for_by_itself(net: World) -> None:
    ports = [port_of_a(host_port=10000 + i) for i in range(20_000)]
    nftables.add_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, "ports4", ports)
    assert net.ask(net.outside, HOST_OUTSIDE, 29_999) == f"a {OUTSIDE}"
    nftables.delete_elements(net.nfnl, firewall.FAMILY, firewall.TABLE, "ports4", ports)
    assert silent(net, net.outside, HOST_OUTSIDE, 29_999)


def test_a_sender_that_never_pauses_meets_a_port_published_later(net: World) -> None:
    with namespaces.socket_in(net.outside, socket.AF_INET, UDP) as client:
        client.settimeout(QUIET)
        client.connect((HOST_OUTSIDE, 8081))
        client.send(b"?")
        with pytest.raises((ConnectionRefusedError, TimeoutError)):
            client.recv(100)
        publish(net, port_of_a("udp", host_port=8081))
        conntrack.forget(net.nfnl, socket.AF_INET, socket.IPPROTO_UDP, {8081})
        client.send(b"?")
        assert client.recv(100).decode() == f"a {OUTSIDE}"


def test_forgetting_flows_tells_how_many_and_leaves_other_ports(net: World) -> None:
    ports = (8082, 8083, 8084)
    publish(net, *(port_of_a("udp", host_port=port) for port in ports))
    for port in ports:
        net.ask(net.outside, HOST_OUTSIDE, port, UDP)
    assert conntrack.forget(net.nfnl, socket.AF_INET, socket.IPPROTO_UDP, {8082, 8084}) == 2
    assert conntrack.forget(net.nfnl, socket.AF_INET, socket.IPPROTO_UDP, {8082, 8084}) == 0
    assert conntrack.forget(net.nfnl, socket.AF_INET, socket.IPPROTO_UDP, {8083}) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ipv6_ports_answer_outside_host_self_and_neighbour(net: World, at: Containers, protocol: str) -> None:
    publish(net, port_of_a(protocol, host_ip="::"))
    kind = PROTOCOLS[protocol]
    assert net.ask(net.outside, HOST_OUTSIDE_6, 8080, kind) == "a 2001:db8::2"
    assert net.ask(net.host, HOST_OUTSIDE_6, 8080, kind).startswith("a ")
    assert net.ask(at.a, HOST_OUTSIDE_6, 8080, kind) == "a fd00:91::1"
    assert net.ask(at.b, "fd00:91::1", 8080, kind) == "a fd00:91::1"


def test_ipv6_loopback_refuses_at_once_so_that_clients_try_ipv4(net: World) -> None:
    publish(net, port_of_a(), port_of_a(host_ip="::"))
    with pytest.raises(ConnectionRefusedError):
        net.ask(net.host, "::1", 8080)


def test_an_ipv6_port_of_one_address_answers_only_there(net: World) -> None:
    publish(net, port_of_a(host_ip="fd00:91::1"))
    assert net.ask(net.outside, "fd00:91::1", 8080) == "a 2001:db8::2"
    assert silent(net, net.outside, HOST_OUTSIDE_6, 8080)


def test_ports_survive_a_change_of_networks(net: World) -> None:
    publish(net, port_of_a(), port_of_a(host_ip="::"))
    apply_on_host(net, firewall.ruleset((ONE,)))
    assert net.ask(net.outside, HOST_OUTSIDE, 8080) == f"a {OUTSIDE}"
    assert net.ask(net.outside, HOST_OUTSIDE_6, 8080) == "a 2001:db8::2"


def test_a_new_table_holds_the_given_ports_and_no_others(net: World) -> None:
    publish(net, port_of_a(host_port=8080))
    given = (
        port_of_a(host_port=9090),
        port_of_a("udp", host_ip=HOST_OUTSIDE, host_port=9090),
        port_of_a(host_ip="::", host_port=9090),
        port_of_a(host_ip=HOST_OUTSIDE_6, host_port=9091),
    )
    apply_on_host(net, firewall.ruleset(NETWORKS, given))
    assert silent(net, net.outside, HOST_OUTSIDE, 8080)
    assert net.ask(net.outside, HOST_OUTSIDE, 9090) == f"a {OUTSIDE}"
    assert net.ask(net.outside, HOST_OUTSIDE, 9090, UDP) == f"a {OUTSIDE}"
    assert net.ask(net.outside, HOST_OUTSIDE_6, 9090) == "a 2001:db8::2"
    assert net.ask(net.outside, HOST_OUTSIDE_6, 9091) == "a 2001:db8::2"


def test_the_ruleset_can_be_applied_before_its_table_exists_and_to_no_network(net: World) -> None:
    with net.on_host():
        subprocess.run(["nft", "delete", "table", firewall.FAMILY, firewall.TABLE], check=True)
    apply_on_host(net, firewall.ruleset(()))
    with net.on_host():
        table = subprocess.check_output(["nft", "list", "table", firewall.FAMILY, firewall.TABLE], text=True)
    assert "map ports6_at" in table


def test_containers_reach_the_outside_under_the_hosts_address(net: World, at: Containers) -> None:
    assert net.ask(at.a, OUTSIDE, 80) == f"outside {HOST_OUTSIDE}"
    assert net.ask(at.a, OUTSIDE, 80, UDP) == f"outside {HOST_OUTSIDE}"
    assert net.ask(at.a, "2001:db8::2", 80) == f"outside {HOST_OUTSIDE_6}"


def test_without_masquerade_they_keep_their_own(net: World, at: Containers) -> None:
    plain = Network(id="1", name="one", bridge="wb1", subnets=(Subnet(subnet="10.91.0.0/16"),), masquerade=False)
    apply_on_host(net, firewall.ruleset((plain,), ports=()))
    assert net.ask(at.a, OUTSIDE, 80) == "outside 10.91.0.2"


def test_the_host_reaches_containers_and_they_reach_each_other(net: World, at: Containers) -> None:
    assert net.ask(net.host, "10.91.0.2", 80) == "a 10.91.0.1"
    assert net.ask(at.b, "10.91.0.2", 80) == "a 10.91.0.3"
    assert net.ask(at.b, "fd00:91::2", 80) == "a fd00:91::3"


def test_the_outside_does_not_reach_containers_but_by_published_ports(net: World) -> None:
    publish(net, port_of_a())
    assert silent(net, net.outside, "10.91.0.2", 80)
    assert silent(net, net.outside, "10.91.0.2", 80, UDP)
    assert silent(net, net.outside, "fd00:91::2", 80)


def test_networks_are_apart(net: World, at: Containers) -> None:
    assert silent(net, at.a, "10.92.0.2", 80)
    assert silent(net, at.c, "10.91.0.2", 80)


def test_an_internal_network_has_no_way_in_or_out(net: World, at: Containers) -> None:
    assert net.ask(at.f, "10.94.0.3", 80) == "g 10.94.0.2"
    assert net.ask(net.host, "10.94.0.2", 80) == "f 10.94.0.1"
    assert silent(net, at.f, OUTSIDE, 80)
    assert silent(net, at.a, "10.94.0.2", 80)
    assert silent(net, at.f, "10.91.0.2", 80)


def test_without_icc_only_published_ports_answer_neighbours(net: World, at: Containers) -> None:
    with net.on_host():
        if sysctls.read(sysctls.BRIDGED_IPV4_MEETS_FIREWALL) == "0":
            pytest.skip("frames within a bridge meet the rules only where bridge-nf-call-iptables is 1")
    publish(
        net,
        PublishedPort(protocol="tcp", host_ip="0.0.0.0", host_port=8080, container_ip="10.93.0.2", container_port=80),
    )
    assert silent(net, at.e, "10.93.0.2", 80)
    assert net.ask(at.e, HOST_OUTSIDE, 8080) == "d 10.93.0.1"
    assert net.ask(at.e, OUTSIDE, 80) == f"outside {HOST_OUTSIDE}"


def test_a_container_cannot_reach_what_listens_on_the_hosts_loopback(net: World, at: Containers) -> None:
    with listening(net.host, "127.0.0.1", 5353) as private:
        send_to_loopback_of(at.a, "10.91.0.2", "10.91.0.1", 5353)
        with pytest.raises(TimeoutError):
            private.recv(100)


def test_a_neighbour_of_the_host_cannot_reach_a_port_bound_to_loopback(net: World, at: Containers) -> None:
    with listening(at.a, "10.91.0.2", 5353) as private:
        port = PublishedPort(
            protocol="udp", host_ip="127.0.0.1", host_port=5353, container_ip="10.91.0.2", container_port=5353
        )
        publish(net, port)
        send_to_loopback_of(net.outside, OUTSIDE, HOST_OUTSIDE, 5353)
        with pytest.raises(TimeoutError):
            private.recv(100)


def listening(path: str, address: str, port: int) -> socket.socket:
    server = namespaces.socket_in(path, socket.AF_INET, UDP)
    server.settimeout(QUIET)
    server.bind((address, port))
    return server


def send_to_loopback_of(path: str, source: str, neighbour: str, port: int) -> None:
    """Sends the neighbour a frame for 127.0.0.1, which no honest stack would."""
    with namespaces.socket_in(path, socket.AF_INET, UDP) as talk:
        talk.sendto(b"who has you?", (neighbour, 9))
    with namespaces.entered(path), open("/proc/thread-self/net/arp") as table:
        mac = next(line.split()[3] for line in table if line.split()[0] == neighbour)
    payload = b"let me in"
    udp = struct.pack(">HHHH", 12345, port, 8 + len(payload), 0) + payload
    addresses = socket.inet_aton(source) + socket.inet_aton("127.0.0.1")
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    with namespaces.socket_in(path, socket.AF_PACKET, socket.SOCK_DGRAM) as raw:
        raw.sendto(header + udp, ("eth0", 0x0800, 0, 0, bytes.fromhex(mac.replace(":", ""))))


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
