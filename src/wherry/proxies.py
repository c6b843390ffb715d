"""Which HTTP proxy leads to a host, for whoever connects: the registry's client, and the engine's.

The rules are those of golang.org/x/net/http/httpproxy, which Docker follows: upper case wins over lower case, loopback
is never proxied, and NO_PROXY knows domains, addresses, CIDRs, ports and ``*``.
"""

from base64 import b64encode
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

DEFAULT_PORT = 80


class ProxyRules(NamedTuple):
    http: str = ""
    https: str = ""
    exceptions: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        def read(name: str) -> str:
            return environment.get(name) or environment.get(name.lower()) or ""

        exceptions = tuple(part.strip().lower() for part in read("NO_PROXY").split(",") if part.strip())
        return cls(http=read("HTTP_PROXY"), https=read("HTTPS_PROXY"), exceptions=exceptions)

    def proxy_for(self, scheme: str, host: str, port: int) -> str | None:
        """The proxy's URL, or None to go straight there."""
        proxy = self.https if scheme == "https" else self.http
        if not proxy or self._goes_straight(host.lower().rstrip("."), port):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def _goes_straight(self, host: str, port: int) -> bool:
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        return any(_matches(exception, host, port, address) for exception in self.exceptions)


def proxy_address(proxy: str) -> tuple[str, int]:
    """Host and port of a proxy's URL. ValueError for one that is not spoken to here."""
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f'proxyconnect: unsupported proxy scheme "{parts.scheme}"')
    return parts.hostname, parts.port or DEFAULT_PORT


def proxy_authorization(proxy: str) -> dict[str, str]:
    """The header that carries the user and password of the proxy's URL."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _matches(exception: str, host: str, port: int, address: IPv4Address | IPv6Address | None) -> bool:
    if exception == "*":
        return True
    if "/" in exception:
        return address is not None and _in_network(address, exception)
    name, wanted_port = _split_port(exception)
    if wanted_port and wanted_port != str(port):
        return False
    if address is not None:
        return _address(name) == address
    name = name.removeprefix("*")
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _split_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return (text, "") if ":" in port else (name, port)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _in_network(address: IPv4Address | IPv6Address, text: str) -> bool:
    try:
        return address in ip_network(text, strict=False)
    except ValueError:
        return False
