"""All networks of the host → one nftables ruleset. Pure: text comes out, nobody applies it here.

One table (``inet wherry``) holds everything. The translation of published ports is in four maps, which change while
containers come and go; the rules change only with the networks:

    ports4     protocol . port           → address . port      published on every IPv4 address of the host
    ports4_at  protocol . address . port → address . port      published on one address
    ports6, ports6_at                                          the same for IPv6

What the rules say (as Docker's bridge driver does, from version 28 on for what comes from outside):

* A packet to one of the host's own addresses, from anywhere, is translated if its port is published. 127.0.0.0/8
  counts as an address of the host for the host itself only, and ::1 not at all: the kernel takes answers to ::1 from
  the loopback link alone, so that a connection to it must be refused at once rather than hang.
* Into a network come answers, packets to published ports, and nothing else: neither from outside nor from other
  networks. The host itself reaches all containers.
* Within a network containers talk freely, unless ``icc`` is off: then to published and linked ports only. Frames
  within a bridge meet these rules only where ``net.bridge.bridge-nf-call-iptables`` is 1.
* Nothing enters or leaves an internal network.
* What leaves another network takes the host's address, or the one of its options, if ``masquerade`` is on.

A container that calls a published port of its own network is masqueraded too, since the answer must come back
through the host; so is the host when it called 127.0.0.1 (its bridge needs ``route_localnet``).

The forward chain's policy is to accept: other traffic of the host is not ours. An accept here does not lift a drop in
another table, such as the FORWARD policy that Docker, ufw or firewalld set.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from wherry.model.network import LinkedPort, Network, PublishedPort

TABLE = "wherry"
FAMILY = "inet"

_MAPS = (
    ("ports4", "inet_proto . inet_service : ipv4_addr . inet_service"),
    ("ports4_at", "inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service"),
    ("ports6", "inet_proto . inet_service : ipv6_addr . inet_service"),
    ("ports6_at", "inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service"),
)

_PUBLISH = (
    "dnat ip to meta l4proto . ip daddr . th dport map @ports4_at",
    "dnat ip to meta l4proto . th dport map @ports4",
    "dnat ip6 to meta l4proto . ip6 daddr . th dport map @ports6_at",
    "dnat ip6 to meta l4proto . th dport map @ports6",
)
_PUBLISH_IF_LOCAL = "fib daddr type local jump publish"
_DSTNAT = "-100"  # a number: nft 1.0.6 does not know this priority by its name in the output hook


def map_of(port: PublishedPort) -> str | None:
    """The map that translates ``port``; None if host and container address are of different IP versions.

    Such a binding (``[::]:80`` of a container without IPv6) no firewall can translate, only a program can relay.
    """
    host = ipaddress.ip_address(port.host_ip)
    if host.version != ipaddress.ip_address(port.container_ip).version:
        return None
    return f"ports{host.version}" + ("" if host.is_unspecified else "_at")


def ruleset(
    networks: tuple[Network, ...],
    ports: tuple[PublishedPort, ...] | None = None,
    links: tuple[LinkedPort, ...] = (),
    *,
    table: str = TABLE,
) -> str:
    """The commands, in nft's language, that replace all rules at once.

    With ``ports`` the table is built anew and holds exactly these; without, its maps keep what they hold.
    Networks without a bridge are not the firewall's business.
    """
    bridged = tuple(network for network in networks if network.bridge)
    lines = [f"add table {FAMILY} {table}"]
    if ports is None:
        lines.append(f"flush table {FAMILY} {table}")
    else:
        lines.append(f"delete table {FAMILY} {table}")
    lines.append(f"table {FAMILY} {table} {{")
    for name, kind in _MAPS:
        lines += (f"  map {name} {{", f"    type {kind}", "  }")
    for name, hook, rules in _chains(bridged, links):
        lines += (f"  chain {name} {{", *(f"    {line}" for line in (*hook, *rules)), "  }")
    lines.append("}")
    lines += _elements(table, ports or ())
    return "\n".join(lines) + "\n"


def _chains(
    networks: tuple[Network, ...], links: tuple[LinkedPort, ...]
) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Name, hook and rules of each chain; one that is jumped to comes before the chains that do."""
    yield "publish", (), list(_PUBLISH)
    yield "guard", _hook("filter", "prerouting", "raw"), _guard(networks)
    yield "prerouting", _hook("nat", "prerouting", "dstnat"), ["ip daddr 127.0.0.0/8 return", _PUBLISH_IF_LOCAL]
    yield "output", _hook("nat", "output", _DSTNAT), ["ip6 daddr ::1 return", _PUBLISH_IF_LOCAL]
    yield "postrouting", _hook("nat", "postrouting", "srcnat"), _postrouting(networks)
    yield "forward", _hook("filter", "forward", "filter"), _forward(networks, links)


def _hook(kind: str, hook: str, priority: str) -> tuple[str, ...]:
    return (f"type {kind} hook {hook} priority {priority}; policy accept;",)


def _guard(networks: tuple[Network, ...]) -> list[str]:
    """route_localnet makes the kernel believe in loopback addresses that come from a bridge: containers send none."""
    if not networks:
        return []
    bridges = _names(network.bridge for network in networks)
    return [f"iifname {bridges} ip {field} 127.0.0.0/8 drop" for field in ("saddr", "daddr")]


def _postrouting(networks: tuple[Network, ...]) -> list[str]:
    rules: list[str] = []
    if networks:
        bridges = _names(network.bridge for network in networks)
        rules.append(f"oifname {bridges} ip saddr 127.0.0.0/8 ct status dnat masquerade")
    for network in networks:
        for subnet in network.subnets:
            source = f"{'ip6' if ':' in subnet.subnet else 'ip'} saddr {subnet.subnet}"
            rules.append(f'{source} oifname "{network.bridge}" ct status dnat masquerade')
            if network.masquerade and not network.internal:
                rules.append(f'{source} oifname != "{network.bridge}" {_translation(network, subnet.subnet)}')
    return rules


def _translation(network: Network, subnet: str) -> str:
    """What gives packets that leave an address of the host."""
    family, address = ("ip6", network.host_ipv6) if ":" in subnet else ("ip", network.host_ipv4)
    return f"snat {family} to {address}" if address else "masquerade"


def _forward(networks: tuple[Network, ...], links: tuple[LinkedPort, ...]) -> list[str]:
    if not networks:
        return []
    bridges = _names(network.bridge for network in networks)
    open_within = [network.bridge for network in networks if network.icc]
    internal = [network.bridge for network in networks if network.internal]
    rules = []
    if open_within:
        rules.append(f"iifname . oifname {_pairs(open_within)} accept")
    closed_within = [network.bridge for network in networks if not network.icc]
    if closed_within and links:
        pairs = f"iifname . oifname {_pairs(closed_within)}"
        rules.append(f"{pairs} ip saddr . ip daddr . meta l4proto . th dport {_linked(links)} accept")
    if internal:
        # Within an internal network with icc off, nothing is left to accept.
        rules += (f"iifname {_names(internal)} drop", f"oifname {_names(internal)} drop")
    rules += (
        f"oifname {bridges} ct state established,related accept",
        f"oifname {bridges} ct status dnat accept",
        f"oifname {bridges} drop",
    )
    return rules


def _elements(table: str, ports: tuple[PublishedPort, ...]) -> Iterator[str]:
    for port in ports:
        name = map_of(port)
        if name is not None:
            address = f"{port.host_ip} . " if name.endswith("_at") else ""
            key = f"{port.protocol} . {address}{port.host_port}"
            yield f"add element {FAMILY} {table} {name} {{ {key} : {port.container_ip} . {port.container_port} }}"


def _linked(links: Iterable[LinkedPort]) -> str:
    elements = dict.fromkeys(f"{link.receiver_ip} . {link.source_ip} . {link.protocol} . {link.port}" for link in links)
    return "{ " + ", ".join(elements) + " }"


def _names(bridges: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{bridge}"' for bridge in bridges) + " }"


def _pairs(bridges: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{bridge}" . "{bridge}"' for bridge in bridges) + " }"
