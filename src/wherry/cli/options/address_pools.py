"""``network create``: --subnet, --ip-range, --gateway and --aux-address → the subnets of a request.

Which belongs to which is told by the addresses; texts are the docker client's (``command/network/create.go``).
"""

from ipaddress import ip_address, ip_interface, ip_network

from .csv_line import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Pool = dict[str, Any]


def split(given: list[str]) -> list[str]:
    """A flag that may be given many times, and may hold several values each time."""
    return [value for text in given if text for value in fields(text)]


def pools(subnets: list[str], ranges: list[str], gateways: list[str], auxiliary: dict[str, str]) -> "list[Pool]":
    """One entry a subnet. ValueError for what fits no subnet, or fits one twice."""
    if len(subnets) < max(len(ranges), len(gateways)):
        raise ValueError("every ip-range or gateway must have a corresponding subnet")
    made: dict[str, Pool] = {}
    for subnet in subnets:
        if any(_contains(subnet, other) or _contains(other, subnet) for other in made):
            raise ValueError("multiple overlapping subnet configuration is not supported")
        made[subnet] = {"Subnet": subnet, "AuxiliaryAddresses": {}}
    for text in ranges:
        _put(made, "IPRange", text, "range", "multiple ranges ({}, {}) on the same subnet ({})")
    for text in gateways:
        _put(made, "Gateway", text, "gateway", "multiple gateways ({}, {}) for the same subnet ({})")
    for name, text in auxiliary.items():
        _fitting(made, text, "aux-address")["AuxiliaryAddresses"][name] = text
    return list(made.values())


def _put(made: "dict[str, Pool]", key: str, text: str, what: str, twice: str) -> None:
    pool = _fitting(made, text, what)
    if key in pool:
        raise ValueError(f"cannot configure {twice.format(text, pool[key], pool['Subnet'])}")
    pool[key] = text


def _fitting(made: "dict[str, Pool]", text: str, what: str) -> "Pool":
    for subnet, pool in made.items():
        if _contains(subnet, text):
            return pool
    raise ValueError(f"no matching subnet for {what} {text}")


def _contains(subnet: str, text: str) -> bool:
    try:
        network = ip_network(subnet, strict=False)
    except ValueError:
        raise ValueError(f"invalid subnet: invalid CIDR address: {subnet}") from None
    if "/" not in subnet:
        raise ValueError(f"invalid subnet: invalid CIDR address: {subnet}")
    try:
        return (ip_interface(text).ip if "/" in text else ip_address(text)) in network
    except ValueError:
        if "/" in text:
            raise ValueError(f"invalid CIDR address: {text}") from None
        return False
