"""Whom a name means to a container, by the networks that it is in. Docker's rules (libnetwork ``sandbox.ResolveName``).

web              the alias ``web`` of a link of the container's own, or whoever is called so in a network of its
web.mine         the same, in its network ``mine``: names may have dots, so that all divisions are tried
2.0.18.172.in-addr.arpa    the container with that address: ``web.mine``
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from wherry.model.network import Endpoint
from wherry.plan.names.message import Kind

_IPV4_ZONE = ".in-addr.arpa"
_IPV6_ZONE = ".ip6.arpa"


class Zone(Protocol):
    """Who is in the networks."""

    def named(self, network_id: str, name: str) -> tuple[Endpoint, ...]:
        """Endpoints that are called ``name`` (lower case) in a network."""
        ...

    def at(self, network_id: str, address: str) -> Endpoint | None:
        """The endpoint with an address in a network."""
        ...


def called(zone: Zone, ends: tuple[Endpoint, ...], name: str) -> tuple[Endpoint, ...]:
    """Endpoints that a name means to the container with the endpoints ``ends``."""
    for part, network in _divisions(name):
        for end in ends:
            if network in ("", end.network.lower()):
                found = zone.named(end.network_id, _target(end, part))
                if found:
                    return found
    return ()


def addresses(ends: Iterable[Endpoint], kind: int) -> list[str]:
    """The addresses of endpoints that a query for one kind of record asks for."""
    by_kind = {Kind.A.value: (end.ipv4 for end in ends), Kind.AAAA.value: (end.ipv6 for end in ends)}
    return [address for address in by_kind.get(kind, ()) if address]


def name_at(zone: Zone, ends: tuple[Endpoint, ...], reverse: str) -> str:
    """``name.network`` of whom an address in the notation of PTR records belongs to, "" if to nobody."""
    address = _address(reverse)
    for end in ends if address else ():
        found = zone.at(end.network_id, address)
        if found and found.names:
            return f"{found.names[0]}.{found.network}"
    return ""


def _divisions(name: str) -> Iterator[tuple[str, str]]:
    """``a.b.c`` → (a.b.c, any network), (a.b, c), (a, b.c)."""
    yield name, ""
    labels = name.split(".")
    for cut in range(len(labels) - 1, 0, -1):
        yield ".".join(labels[:cut]), ".".join(labels[cut:])


def _target(end: Endpoint, name: str) -> str:
    """Whom a link's alias leads to, else the name itself."""
    return next((target.lower() for alias, target in end.links.items() if alias.lower() == name), name)


def _address(reverse: str) -> str:
    try:
        if reverse.endswith(_IPV4_ZONE):
            return str(IPv4Address(".".join(reversed(reverse.removesuffix(_IPV4_ZONE).split(".")))))
        digits = "".join(reversed(reverse.removesuffix(_IPV6_ZONE).split(".")))
        return str(IPv6Address(bytes.fromhex(digits))) if reverse.endswith(_IPV6_ZONE) else ""
    except ValueError:
        return ""
