"""A small internet of network namespaces: a host with bridges, a machine outside of it, containers that answer."""

import contextlib
import os
import selectors
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator

from wherry.kernel import sysctls
from wherry.kernel.network import addressing, links, namespaces
from wherry.kernel.network.netlink import NETLINK_NETFILTER, NETLINK_ROUTE, Netlink
from wherry.model.network import Interface

HOST_OUTSIDE = "192.0.2.1"
HOST_OUTSIDE_2 = "192.0.2.3"
OUTSIDE = "192.0.2.2"
HOST_OUTSIDE_6 = "2001:db8::1"
OUTSIDE_6 = "2001:db8::2"

TCP = socket.SOCK_STREAM
UDP = socket.SOCK_DGRAM


class World:
    """Everything is gone when it is closed: the namespaces own all the rest."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._cleanup = contextlib.ExitStack()
        self._numbers = iter(range(100, 10000))
        self.host = self._namespace("host")
        self.outside = self._namespace("outside")
        self._wire_host_to_outside()
        self.rtnl = self._cleanup.enter_context(Netlink(NETLINK_ROUTE, self.host))
        self.nfnl = self._cleanup.enter_context(Netlink(NETLINK_NETFILTER, self.host))
        self._answering = _Answering()
        self._cleanup.callback(self._answering.stop)

    def close(self) -> None:
        self._cleanup.close()

    def on_host(self) -> contextlib.AbstractContextManager[None]:
        return namespaces.entered(self.host)

    def bridge(self, name: str, *addresses: str) -> int:
        index = links.create_bridge(self.rtnl, name).index
        for address in addresses:
            addressing.add_address(self.rtnl, index, address)
        with self.on_host():
            sysctls.write(sysctls.route_localnet(name), 1)
            sysctls.write(sysctls.accept_dad(name), 0)
        links.set_up(self.rtnl, index)
        return index

    def container(self, name: str, bridge_index: int, *addresses: str, gateways: tuple[str, ...] = ()) -> str:
        """A namespace with eth0 in the bridge, where port 80 answers ``<name> <address of the caller>``."""
        path = self._namespace(name)
        number = next(self._numbers)
        interface = Interface(
            bridge="",
            host_name=f"v{number}",
            name="eth0",
            mac=f"02:42:00:00:{number >> 8:02x}:{number & 255:02x}",
            mtu=1500,
            addresses=addresses,
            gateways=gateways,
        )
        links.create_veth(
            self.rtnl,
            links.Veth(
                interface=interface,
                namespace=path,
                bridge_index=bridge_index,
                host_index=number,
                peer_index=7,
            ),
        )
        with Netlink(NETLINK_ROUTE, path) as inside:
            addressing.configure(inside, 7, addresses, gateways)
        self._answering.serve(path, name)
        return path

    def serve(self, path: str, name: str) -> None:
        self._answering.serve(path, name)

    def ask(self, path: str, address: str, port: int, kind: int = TCP, timeout: float = 2.0) -> str:
        """What answers at ``address`` when asked from a namespace. Raises OSError or TimeoutError."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with namespaces.socket_in(path, family, kind) as client:
            client.settimeout(timeout)
            client.connect((address, port))
            client.send(b"?")
            return client.recv(100).decode()

    def _namespace(self, name: str) -> str:
        path = os.path.join(self._folder, name)
        self._cleanup.callback(namespaces.remove, path)
        namespaces.create(path)
        return path

    def _wire_host_to_outside(self) -> None:
        with self.on_host():
            _ip("link set lo up")
            _ip(f"link add out0 type veth peer name eth0 netns {self.outside}")
            _ip(f"address add {HOST_OUTSIDE}/24 dev out0")
            _ip(f"address add {HOST_OUTSIDE_2}/24 dev out0")
            _ip(f"address add {HOST_OUTSIDE_6}/64 dev out0 nodad")
            sysctls.write(sysctls.accept_dad("out0"), 0)
            _ip("link set out0 up")
            sysctls.write(sysctls.FORWARD_IPV4, 1)
            sysctls.write(sysctls.FORWARD_IPV6, 1)
        with namespaces.entered(self.outside):
            _ip("link set lo up")
            _ip(f"address add {OUTSIDE}/24 dev eth0")
            _ip(f"address add {OUTSIDE_6}/64 dev eth0 nodad")
            _ip("link set eth0 up")
            # A neighbour that tries the private ranges through the host.
            _ip(f"route add 10.0.0.0/8 via {HOST_OUTSIDE}")
            _ip(f"route add fd00::/16 via {HOST_OUTSIDE_6}")


class _Answering:
    """Answers in a thread: who was asked, and from which address the question seemed to come."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._loop)
        self._thread.start()

    def serve(self, path: str, name: str, port: int = 80) -> None:
        for kind, answer in ((TCP, _answer_connection), (UDP, _answer_datagram)):
            server = namespaces.socket_in(path, socket.AF_INET6, kind)
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            server.bind(("::", port))
            if kind == TCP:
                server.listen()
            self._sockets.append(server)
            self._selector.register(server, selectors.EVENT_READ, (answer, name))

    def stop(self) -> None:
        self._wake.send(b"x")
        self._thread.join()
        for each in (*self._sockets, self._wake, self._woken):
            each.close()
        self._selector.close()

    def _loop(self) -> None:
        while True:
            for key, _events in self._selector.select():
                if key.data is None:
                    return
                answer: Callable[[socket.socket, str], None]
                answer, name = key.data
                answer(key.fileobj, name)  # type: ignore[arg-type]


def _answer_connection(server: socket.socket, name: str) -> None:
    connection, peer = server.accept()
    with connection:
        connection.sendall(f"{name} {peer[0].removeprefix('::ffff:')}".encode())


def _answer_datagram(server: socket.socket, name: str) -> None:
    _question, peer = server.recvfrom(100)
    server.sendto(f"{name} {peer[0].removeprefix('::ffff:')}".encode(), peer)


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


@contextlib.contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="wherry-kernel-") as folder:
        made = World(folder)
        try:
            yield made
        finally:
            made.close()
