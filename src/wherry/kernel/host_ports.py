"""Host ports, kept by sockets that are bound and never used: another process that wants one is told that it is taken.

The kernel gives packets to published ports to containers before it looks for sockets. Sources: ip(7), socket(7).
"""

import errno
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from typing import Final

from wherry.errors import HostPortRefused
from wherry.kernel import sysctls
from wherry.model.network import PublishedPort

_log = logging.getLogger(__name__)

_EPHEMERAL: Final = "net/ipv4/ip_local_port_range"
_KINDS: Final = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}

Key = tuple[str, str, int]
"""Protocol, address and port."""


class HostPorts:
    """The ports that are kept, in the network namespace of this process. SCTP ports are not: the kernel may lack it."""

    def __init__(self) -> None:
        self._sockets: dict[Key, socket.socket] = {}

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
        taken: list[Key] = []
        try:
            for key in _keys(ports):
                if key not in self._sockets:
                    self._sockets[key] = _bound(key)
                    taken.append(key)
        except OSError as error:
            for mine in taken:
                self._sockets.pop(mine).close()
            raise _refused(key, error) from error

    def keep_what_can_be_had(self, ports: tuple[PublishedPort, ...]) -> None:
        """Keep these ports and no others; one that another process has by now is left to it, and logged."""
        wanted = set(_keys(ports))
        for key in self._sockets.keys() - wanted:
            self._sockets.pop(key).close()
        for port in ports:
            try:
                self.take((port,))
            except HostPortRefused as error:
                _log.warning("a published port is not kept: %s", error)

    def release(self, ports: Iterable[PublishedPort]) -> None:
        """Idempotent."""
        for key in _keys(ports):
            if key in self._sockets:
                self._sockets.pop(key).close()

    def close(self) -> None:
        for kept in self._sockets.values():
            kept.close()
        self._sockets.clear()


def _keys(ports: Iterable[PublishedPort]) -> Iterator[Key]:
    return ((port.protocol, port.host_ip, port.host_port) for port in ports if port.protocol in _KINDS)


def _bound(key: Key) -> socket.socket:
    protocol, address, port = key
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, _KINDS[protocol] | socket.SOCK_CLOEXEC)
    try:
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
