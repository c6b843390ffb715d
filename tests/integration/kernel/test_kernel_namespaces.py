import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.kernel import mounts, syscalls, sysctls
from wherry.kernel.network import addressing, links, namespaces
from wherry.kernel.network.addressing import Address
from wherry.kernel.network.links import Veth
from wherry.kernel.network.netlink import NETLINK_ROUTE, Netlink
from wherry.model.network import Interface

pytestmark = pytest.mark.root


@pytest.fixture
def pinned(tmp_path: Path) -> Iterator[str]:
    """A network namespace, and the folder for others beside it."""
    path = str(tmp_path / "ns")
    namespaces.create(path)
    yield path
    for entry in mounts.mount_table():
        if entry.target.startswith(f"{tmp_path}/"):
            namespaces.remove(entry.target)


def namespace_of_this_thread() -> int:
    return os.stat("/proc/thread-self/ns/net").st_ino


def test_a_namespace_is_pinned_and_this_thread_stays_where_it_was(tmp_path: Path) -> None:
    home = namespace_of_this_thread()
    path = str(tmp_path / "ns")
    namespaces.create(path)
    try:
        assert namespace_of_this_thread() == home
        with namespaces.entered(path):
            inside = namespace_of_this_thread()
        assert inside not in (home, 0)
        assert os.stat(path).st_ino == inside
        assert namespace_of_this_thread() == home
    finally:
        namespaces.remove(path)
    assert not os.path.exists(path)


def test_removal_is_idempotent_and_takes_leftovers(tmp_path: Path, pinned: str) -> None:
    namespaces.remove(pinned)
    namespaces.remove(pinned)
    plain = tmp_path / "plain"
    plain.write_text("")
    namespaces.remove(str(plain))
    assert not plain.exists()


def test_an_existing_file_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(FileExistsError):
        namespaces.create(str(tmp_path / "mine"))
    assert (tmp_path / "mine").read_text() == "x"


def test_a_failure_leaves_neither_a_file_nor_a_stranded_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(28, "no room")

    home = namespace_of_this_thread()
    monkeypatch.setattr(mounts, "bind", refuse)
    with pytest.raises(OSError, match="no room"):
        namespaces.create(str(tmp_path / "ns"))
    assert namespace_of_this_thread() == home
    assert not (tmp_path / "ns").exists()


def test_an_error_inside_leads_back_out(pinned: str) -> None:
    home = namespace_of_this_thread()
    with pytest.raises(ValueError, match="inside"), namespaces.entered(pinned):
        raise ValueError("inside")
    assert namespace_of_this_thread() == home


def test_only_the_calling_thread_goes_in(pinned: str) -> None:
    seen = []
    with namespaces.entered(pinned):
        thread = threading.Thread(target=lambda: seen.append(os.stat(f"/proc/{os.getpid()}/ns/net").st_ino))
        thread.start()
        thread.join()
        assert seen == [os.stat("/proc/self/ns/net").st_ino]


def test_a_thread_that_cannot_come_back_ends_the_process(pinned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    real = syscalls.setns
    calls = iter((real, None))

    def once(fd: int, kind: int) -> None:
        call = next(calls)
        if call is None:
            raise OSError(1, "no way back")
        call(fd, kind)

    monkeypatch.setattr(syscalls, "setns", once)
    try:
        with pytest.raises(namespaces.StrandedThread, match="no way back") as raised, namespaces.entered(pinned):
            pass
        assert isinstance(raised.value, SystemExit)
    finally:
        real(home, 0)
        os.close(home)


def test_a_socket_stays_in_its_namespace(pinned: str) -> None:
    with namespaces.socket_in(pinned, socket.AF_INET, socket.SOCK_DGRAM) as talk:
        with pytest.raises(OSError, match="unreachable"):
            talk.connect(("127.0.0.1", 9))  # its loopback is down


def interface(name: str = "eth0", host_name: str = "v100", mac: str = "02:42:0a:00:00:02") -> Interface:
    return Interface(bridge="wb0", host_name=host_name, name=name, mac=mac, mtu=1400, addresses=())


def test_an_endpoint_is_made_as_asked(tmp_path: Path, pinned: str) -> None:
    """``pinned`` plays the host."""
    container = str(tmp_path / "container")
    namespaces.create(container)
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        bridge = links.create_bridge(rtnl, "wb0", mac="02:42:00:00:00:01", mtu=1450)
        addressing.add_address(rtnl, bridge.index, "10.0.0.1/16")
        links.set_up(rtnl, bridge.index)
        links.create_veth(
            rtnl,
            Veth(interface=interface(), namespace=container, bridge_index=bridge.index, host_index=777, peer_index=9),
        )
        outer = links.link(rtnl, "v100")
    assert (bridge.kind, bridge.mac, bridge.mtu) == ("bridge", "02:42:00:00:00:01", 1450)
    assert outer is not None
    assert (outer.index, outer.kind, outer.master, outer.mtu, outer.is_up) == (777, "veth", bridge.index, 1400, True)
    with Netlink(NETLINK_ROUTE, container) as inside:
        addressing.configure(inside, 9, ("10.0.0.2/16", "fd00::2/64"), ("10.0.0.1", "fd00::1"))
        found = {link.name: link for link in links.links(inside)}
        routes = {(route.destination, route.gateway) for route in addressing.routes(inside)}
        on_eth0 = addressing.addresses(inside, 9)
        traffic = links.traffic(inside)
    assert found["lo"].is_up
    eth0 = found["eth0"]
    assert (eth0.index, eth0.mac, eth0.mtu, eth0.is_up) == (9, "02:42:0a:00:00:02", 1400, True)
    assert {("0.0.0.0/0", "10.0.0.1"), ("::/0", "fd00::1"), ("10.0.0.0/16", None)} <= routes
    assert {Address(index=9, address="10.0.0.2/16"), Address(index=9, address="fd00::2/64")} <= set(on_eth0)
    assert traffic["lo"].rx_bytes == traffic["lo"].tx_bytes == 0


def attach(rtnl: Netlink, namespace: str) -> None:
    """A veth from a new bridge into a namespace."""
    bridge = links.create_bridge(rtnl, "wb0")
    veth = Veth(interface=interface(), namespace=namespace, bridge_index=bridge.index, host_index=777, peer_index=9)
    links.create_veth(rtnl, veth)


def test_an_endpoint_has_the_queues_that_it_uses(tmp_path: Path, pinned: str) -> None:
    container = str(tmp_path / "container")
    namespaces.create(container)
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        attach(rtnl, container)
    for path, name in ((pinned, "v100"), (container, "eth0")):
        told = subprocess.run(
            ["nsenter", f"--net={path}", "ip", "-d", "link", "show", name], check=True, capture_output=True, text=True
        )
        assert "numtxqueues 1 " in told.stdout
        assert "numrxqueues 1 " in told.stdout


def test_traffic_is_counted(pinned: str) -> None:
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        links.set_up(rtnl, 1)
        with namespaces.socket_in(pinned, socket.AF_INET, socket.SOCK_DGRAM) as talk:
            talk.sendto(b"x" * 72, ("127.0.0.1", 9))
        counted = links.traffic(rtnl)["lo"]
    assert counted.tx_bytes == counted.rx_bytes > 100
    assert counted.tx_packets == counted.rx_packets >= 1
    assert (counted.rx_errors, counted.rx_dropped, counted.tx_errors, counted.tx_dropped) == (0, 0, 0, 0)


def test_removing_the_namespace_takes_the_veth_away(tmp_path: Path, pinned: str) -> None:
    container = str(tmp_path / "container")
    namespaces.create(container)
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        attach(rtnl, container)
        namespaces.remove(container)
        # The kernel does it in the background; a deletion of the same link waits for its lock.
        links.delete(rtnl, "v100")
        assert links.link(rtnl, "v100") is None


def test_bridges_and_addresses_can_be_asked_for_twice(pinned: str) -> None:
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        first = links.create_bridge(rtnl, "wb0")
        assert links.create_bridge(rtnl, "wb0").index == first.index
        for _twice in range(2):
            addressing.add_address(rtnl, first.index, "10.0.0.1/16")
        assert addressing.addresses(rtnl, first.index) == (Address(index=first.index, address="10.0.0.1/16"),)
        for _twice in range(2):
            addressing.delete_address(rtnl, first.index, "10.0.0.1/16")
        assert addressing.addresses(rtnl, first.index) == ()
        for _twice in range(2):
            links.delete(rtnl, "wb0")
        assert links.link(rtnl, "wb0") is None


def test_a_name_of_another_kind_is_not_taken_for_a_bridge(tmp_path: Path, pinned: str) -> None:
    container = str(tmp_path / "container")
    namespaces.create(container)
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        attach(rtnl, container)
        with pytest.raises(FileExistsError, match="veth of that name"):
            links.create_bridge(rtnl, "v100")


def test_failures_name_what_was_done_and_the_kernels_reason(pinned: str) -> None:
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        bridge = links.create_bridge(rtnl, "wb0")
        with pytest.raises(OSError, match=r"add default route by 10\.9\.9\.9 on link \d+: .*unreachable \(.*gateway\)"):
            links.set_up(rtnl, bridge.index)
            addressing.set_default_routes(rtnl, bridge.index, ("10.9.9.9",), instead=True)
        with pytest.raises(OSError, match="set link 4711 up: No such device"):
            links.set_up(rtnl, 4711)


def test_the_first_failure_of_a_batch_is_told_and_the_socket_stays_usable(pinned: str) -> None:
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        with pytest.raises(OSError, match=r"add address 10\.0\.0\.1/24 to link 4711"):
            addressing.configure(rtnl, 4711, ("10.0.0.1/24",), ("10.0.0.2",))
        assert [link.name for link in links.links(rtnl) if link.is_up] == ["lo"]


def test_a_taken_index_is_refused(tmp_path: Path, pinned: str) -> None:
    container = str(tmp_path / "container")
    namespaces.create(container)
    with Netlink(NETLINK_ROUTE, pinned) as rtnl:
        bridge = links.create_bridge(rtnl, "wb0")
        veth = Veth(
            interface=interface(),
            namespace=container,
            bridge_index=bridge.index,
            host_index=bridge.index,
            peer_index=2,
        )
        with pytest.raises(FileExistsError, match="create veth v100"):
            links.create_veth(rtnl, veth)


def test_sysctls_are_of_the_namespace_entered(pinned: str) -> None:
    with namespaces.entered(pinned):
        sysctls.write(sysctls.FORWARD_IPV4, 1)
        sysctls.write(sysctls.route_localnet("lo"), 1)
        assert sysctls.read(sysctls.FORWARD_IPV4) == "1"
        assert sysctls.read(sysctls.route_localnet("lo")) == "1"
        sysctls.write(sysctls.FORWARD_IPV4, "0")
        assert sysctls.read(sysctls.FORWARD_IPV4) == "0"
    with pytest.raises(FileNotFoundError):
        sysctls.write(sysctls.route_localnet("nosuch0"), 0)
