"""From a URL's origin to a connected socket: name lookup, TCP, a proxy's tunnel, TLS. Blocking, and can be cut."""

import contextlib
import http.client
import ssl
from collections.abc import Callable
from socket import AF_INET6, IPPROTO_TCP, SHUT_RDWR, SOCK_STREAM, TCP_NODELAY, getaddrinfo, socket
from typing import NamedTuple, Self

from msgspec import Struct

from wherry.proxies import proxy_address, proxy_authorization
from wherry.registry.reasons import ConnectionFailed, dial_failed, exchange_failed, lookup_failed
from wherry.registry.urls import in_ascii, split

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds: for TCP to connect to one address, and without a byte while talking."""

    connect: float = 30.0
    read: float = 60.0


class Origin(NamedTuple):
    """Where a URL leads: what connections can be shared by. ``authority`` is host and port as the URL spells them."""

    scheme: str
    host: str
    port: int
    authority: str
    verify: bool

    @classmethod
    def of(cls, url: str, verify: bool) -> Self:
        """Raises ConnectionFailed for a URL that is neither http nor https, or whose port is none."""
        parts = split(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ConnectionFailed(f'unsupported protocol scheme "{parts.scheme}"')
        authority = in_ascii(parts.netloc.rpartition("@")[2])
        place = split(f"//{authority}")
        try:
            port = place.port
        except ValueError as error:
            raise ConnectionFailed(f"dial tcp: address {authority}: invalid port") from error
        return cls(parts.scheme, place.hostname or "", port or _DEFAULT_PORTS[parts.scheme], authority, verify)

    def is_host_of(self, other: Self) -> bool:
        """Whether what may be told to one may be told to the other."""
        return (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)


class Wire:
    """Holds the socket on which a thread may be blocked, so that another thread can wake it."""

    def __init__(self) -> None:
        self._socket: socket | None = None
        self._cut = False

    def hold(self, connection: socket) -> None:
        """Raises ConnectionFailed when the wire was cut before there was a socket."""
        self._socket = connection
        if self._cut:
            connection.close()
            raise ConnectionFailed("request canceled")

    def cut(self) -> None:
        """End all that is blocked on the socket, now or later: a connect, a handshake, a read."""
        self._cut = True
        if self._socket is not None:
            # It may be unconnected or closed already. SSLSocket's own shutdown would take the TLS state from under
            # the thread that reads.
            with contextlib.suppress(OSError):
                socket.shutdown(self._socket, SHUT_RDWR)


def dial(
    origin: Origin, wire: Wire, proxy: str | None, context: Callable[[], ssl.SSLContext], timeouts: Timeouts
) -> socket:
    """A socket on which HTTP/1.1 with ``origin`` can be spoken. Raises ConnectionFailed.

    A plain-HTTP request through a proxy goes to the proxy itself, with the whole URL in its request line.
    """
    host, port = _proxy_address(proxy) if proxy else (origin.host, origin.port)
    connection = _connect(host, port, wire, timeouts)
    try:
        if origin.scheme == "https":
            if proxy:
                _tunnel(connection, origin, proxy)
            connection = _secure(connection, origin, wire, context())
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise exchange_failed(error) from error
    except ConnectionFailed:
        connection.close()
        raise
    return connection


def _connect(host: str, port: int, wire: Wire, timeouts: Timeouts) -> socket:
    try:
        found = getaddrinfo(host, port, type=SOCK_STREAM)
    except OSError as error:
        raise lookup_failed(host, error) from error
    except UnicodeError as error:
        raise ConnectionFailed(f"dial tcp: lookup {host}: no such host") from error
    failure = ConnectionFailed(f"dial tcp: lookup {host}: no such host")
    for family, kind, protocol, _, address in found:
        connection = socket(family, kind, protocol)
        wire.hold(connection)
        connection.settimeout(timeouts.connect)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = dial_failed(f"[{address[0]}]:{port}" if family == AF_INET6 else f"{address[0]}:{port}", error)
        else:
            connection.settimeout(timeouts.read)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            return connection
    raise failure


def _proxy_address(proxy: str) -> tuple[str, int]:
    try:
        return proxy_address(proxy)
    except ValueError as error:
        raise ConnectionFailed(str(error)) from None


def _tunnel(connection: socket, origin: Origin, proxy: str) -> None:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    target = f"{host}:{origin.port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"{name}: {value}" for name, value in proxy_authorization(proxy).items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = http.client.HTTPResponse(connection, method="CONNECT")
    answer.begin()
    answer.close()
    if answer.status != http.client.OK:
        raise ConnectionFailed(f"proxyconnect tcp: {answer.status} {answer.reason}")


def _secure(connection: socket, origin: Origin, wire: Wire, context: ssl.SSLContext) -> socket:
    secured = context.wrap_socket(connection, server_hostname=origin.host, do_handshake_on_connect=False)
    try:
        wire.hold(secured)
        secured.do_handshake()
    except (OSError, ConnectionFailed):
        secured.close()
        raise
    return secured
