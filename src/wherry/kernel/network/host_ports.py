"""Host ports, kept by sockets that are bound: another process that wants one is told that it is taken.

The kernel gives packets to published ports to containers before it looks for sockets, so that most of these are never
used; those of ports that the firewall cannot translate have a relay. Sources: ip(7), ipv6(7), socket(7).
"""

import errno
import logging
import os
import socket
from collections.abc import Callable, Iterable
from typing import Final

from wherry.errors import HostPortRefused
from wherry.kernel import sysctls
from wherry.kernel.network.relay import Relay, relay
from wherry.model.network import PublishedPort

_log = logging.getLogger(__name__)

_EPHEMERAL: Final = "net/ipv4/ip_local_port_range"
_KINDS: Final = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}

Key = tuple[str, str, int]
"""Protocol, address and port."""


class HostPorts:
    """The ports that are kept, in the network namespace of this process. SCTP ports are not: the kernel may lack it."""

    def __init__(self, needs_relay: Callable[[PublishedPort], bool]) -> None:
        self._needs_relay = needs_relay
        self._kept: dict[Key, Relay | socket.socket] = {}

    def ephemeral(self) -> range:
        first, last = sysctls.read(_EPHEMERAL).split()
        return range(int(first), int(last) + 1)

    def refuses(self, protocol: str, address: str, port: int) -> bool:
        """Whether the host would not give a port."""
        try:
            with _bound((protocol, address, port)):
                return False
        except OSError:
            return True

    def take(self, ports: Iterable[PublishedPort]) -> None:
        """Keep all of ``ports`` or none. HostPortRefused."""
        taken: list[PublishedPort] = []
        for port in ports:
            if port.protocol in _KINDS and _key(port) not in self._kept:
                taken.append(port)
                try:
                    self._take(port)
                except OSError as error:
                    self.release(taken)
                    raise _refused(_key(port), error) from error

    def keep_what_can_be_had(self, ports: tuple[PublishedPort, ...]) -> None:
        """Keep these ports and no others; one that another process has by now is left to it, and logged."""
        wanted = {_key(port) for port in ports}
        for key in self._kept.keys() - wanted:
            self._kept.pop(key).close()
        for port in ports:
            try:
                self.take((port,))
            except HostPortRefused as error:
                _log.warning("a published port is not kept: %s", error)

    def release(self, ports: Iterable[PublishedPort]) -> None:
        """Idempotent."""
        for port in ports:
            if _key(port) in self._kept:
                self._kept.pop(_key(port)).close()

    def close(self) -> None:
        for kept in self._kept.values():
            kept.close()
        self._kept.clear()

    def _take(self, port: PublishedPort) -> None:
        key = _key(port)
        self._kept[key] = bound = _bound(key)
        if self._needs_relay(port):
            self._kept[key] = relay(bound, (port.container_ip, port.container_port))


def _key(port: PublishedPort) -> Key:
    return port.protocol, port.host_ip, port.host_port


def _bound(key: Key) -> socket.socket:
    protocol, address, port = key
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, _KINDS[protocol] | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if protocol == "tcp":
            # Connections of an earlier listener that still linger do not stand in the way; a new listener is kept out.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except BaseException:
        made.close()
        raise
    return made


def _refused(key: Key, error: OSError) -> HostPortRefused:
    protocol, address, port = key
    reason = os.strerror(error.errno or errno.EADDRINUSE)
    return HostPortRefused(address, port, protocol, reason[:1].lower() + reason[1:])
