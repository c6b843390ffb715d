"""An engine behind an HTTP proxy, reached as docker reaches it: what is encrypted goes through a tunnel, and of plain
requests the proxy is told the whole URL."""

import os
from _socket import IPPROTO_TCP, TCP_NODELAY, socket

from ..proxies import ProxyRules, proxy_address, proxy_authorization
from .response import read_head
from .transport import DEFAULT_TCP_PORT, CannotConnect, Stream, dial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext


class ProxiedStream(Stream):
    """A connection to a proxy, which passes plain requests on."""

    __slots__ = ("headers", "origin")

    def __init__(self, sock: socket, origin: str, headers: dict[str, str]) -> None:
        super().__init__(sock)
        self.origin = origin
        self.headers = headers


def connect_by_proxy(name: str, port: str, tls: "SSLContext | None") -> Stream | None:
    """A connection to an engine by the proxy that the environment names for it; None if it names none."""
    number = int(port) if port.isdigit() else int(DEFAULT_TCP_PORT)
    proxy = ProxyRules.from_environment(os.environ).proxy_for("https" if tls else "http", name, number)
    if proxy is None:
        return None
    try:
        host, proxy_port = proxy_address(proxy)
    except ValueError as error:
        raise CannotConnect(f"error during connect: {error}") from None
    sock = dial(host, str(proxy_port))
    sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    authority = f"[{name}]:{number}" if ":" in name else f"{name}:{number}"
    if tls is None:
        headers = {"Host": authority, **proxy_authorization(proxy)}
        return ProxiedStream(sock, f"http://{authority}", headers)
    _tunnel(sock, authority, proxy)
    from .tls import TlsStream

    return TlsStream(sock, tls, name)


def _tunnel(sock: socket, authority: str, proxy: str) -> None:
    """Have the proxy connect to an engine. Nothing comes through before something is sent."""
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in proxy_authorization(proxy).items()]
    stream = Stream(sock)
    stream.send("\r\n".join([*lines, "", ""]).encode())
    status, _ = read_head(stream)
    if status != 200:
        stream.close()
        raise CannotConnect(f"error during connect: proxyconnect tcp: status {status}")
