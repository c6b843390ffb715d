"""From an address to a socket, with the texts of Go's ``net``."""

import asyncio
import os
import socket
from typing import Final

from wherry.errors import InternalError
from wherry.model.collector import CollectorAddress

_PATIENCE: Final = 10.0  # seconds
_KINDS: Final = {
    "udp": socket.SOCK_DGRAM,
    "unixgram": socket.SOCK_DGRAM,
    "tcp": socket.SOCK_STREAM,
    "tls": socket.SOCK_STREAM,
    "unix": socket.SOCK_STREAM,
}
_LOCAL: Final = ("/dev/log", "/var/run/syslog", "/var/run/log")
_LOOKUPS: Final = {socket.EAI_NONAME: "no such host", socket.EAI_AGAIN: "Temporary failure in name resolution"}


async def dial(address: CollectorAddress) -> tuple[socket.socket, bool]:
    """A connected socket that does not block, and whether it is a stream. InternalError."""
    if address.network == "local":
        return await _dial_local()
    kind = _KINDS[address.network]
    if address.path:
        found = await _connect(socket.AF_UNIX, kind, address.path, address.network, address.path)
        return found, kind is socket.SOCK_STREAM
    network = "udp" if kind is socket.SOCK_DGRAM else "tcp"
    failure = InternalError(f"dial {network}: lookup {address.host}: no such host")
    for family, place in await _lookup(address, kind, network):
        text = f"[{place[0]}]:{place[1]}" if family is socket.AF_INET6 else f"{place[0]}:{place[1]}"
        try:
            return await _connect(family, kind, place, network, text), kind is socket.SOCK_STREAM
        except InternalError as error:
            failure = error
    raise failure


async def _dial_local() -> tuple[socket.socket, bool]:
    """This host's syslog, as srslog looks for it."""
    for network in ("unixgram", "unix"):
        for path in _LOCAL:
            try:
                return await dial(CollectorAddress(network=network, path=path))
            except InternalError:
                continue  # the next: they are told together
    raise InternalError("Unix syslog delivery error")


async def _lookup(
    address: CollectorAddress, kind: socket.SocketKind, network: str
) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(address.host or "localhost", address.port, type=kind)
    except OSError as error:
        reason = _LOOKUPS.get(error.errno or 0, str(error.strerror))
        raise InternalError(f"dial {network}: lookup {address.host}: {reason}") from error
    except UnicodeError as error:
        raise InternalError(f"dial {network}: lookup {address.host}: no such host") from error
    return [(family, place) for family, _, _, _, place in found]  # type: ignore[misc]


async def _connect(
    family: socket.AddressFamily, kind: socket.SocketKind, place: str | tuple[str, int], network: str, text: str
) -> socket.socket:
    connection = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.get_running_loop().sock_connect(connection, place)
    except TimeoutError:
        connection.close()
        raise InternalError(f"dial {network} {text}: i/o timeout") from None
    except OSError as error:
        connection.close()
        reason = os.strerror(error.errno or 0).lower()
        raise InternalError(f"dial {network} {text}: connect: {reason}") from error
    except asyncio.CancelledError:
        connection.close()
        raise
    return connection
