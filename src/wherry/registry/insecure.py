"""Which registries may be spoken to without a verified certificate, or without TLS at all."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Self

from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class InsecurePolicy(Struct, frozen=True, kw_only=True):
    """Docker's ``insecure-registries``: hosts as they stand in references, and networks. Loopback counts unless it is
    said that it does not."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = LOOPBACK

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """``host``, ``host:port`` or a CIDR each. Raises ValueError for what has a slash and is no CIDR."""
        hosts: set[str] = set()
        networks: list[Network] = [*LOOPBACK]
        for text in texts:
            if "/" in text:
                networks.append(ip_network(text, strict=False))
            else:
                hosts.add(text)
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def covers(self, host: str, addresses: Iterable[Address]) -> bool:
        """Whether ``host`` (with its port, if any) is listed, or any address of its name lies in a listed network."""
        return host in self.hosts or any(address in network for address in addresses for network in self.networks)
