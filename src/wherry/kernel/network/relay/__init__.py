"""Connections and datagrams that no rule of the firewall can translate, carried by this process.

That is what comes to an IPv6 address of the host for a container without IPv6, and everything where no rules are made.
A container sees the host as the sender.
"""

import socket
from typing import Protocol

from wherry.kernel.network.relay.connections import Connections
from wherry.kernel.network.relay.datagrams import Datagrams


class Relay(Protocol):
    def close(self) -> None:
        """End all that goes through, and close the socket."""


def relay(bound: socket.socket, target: tuple[str, int]) -> Relay:
    """Carry what comes to a bound socket to an address and port; the socket is the relay's from now on. OSError."""
    return Datagrams(bound, target) if bound.type == socket.SOCK_DGRAM else Connections(bound, target)
