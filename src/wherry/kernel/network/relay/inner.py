"""The relay's end towards a container."""

import socket


def inner_socket(address: str, kind: socket.SocketKind) -> socket.socket:
    """A socket, not connected and never waiting, for an address of either IP version."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
