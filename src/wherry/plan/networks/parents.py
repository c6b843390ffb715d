"""Networks whose interfaces share one of the host's: macvlan and ipvlan.

Options and texts are those of libnetwork's ``drivers/macvlan`` and ``drivers/ipvlan``.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from wherry.errors import InternalError
from wherry.model.network import Network, Parent, Subnet
from wherry.plan.naming import short_id
from wherry.plan.networks import addresses

_DUMMIES: Final = {"macvlan": "dm-", "ipvlan": "di-"}
_MODES: Final = {"macvlan": ("bridge", "private", "passthru", "vepa"), "ipvlan": ("l2", "l3", "l3s")}
_FLAGS: Final = {"macvlan": ("",), "ipvlan": ("bridge", "private", "vepa")}
_ROUTED: Final = ("l3", "l3s")
_ANYWHERE: Final = {addresses.IPV4: "0.0.0.0", addresses.IPV6: "::"}
_VLANS: Final = range(1, 4095)

DRIVERS: Final = frozenset(_MODES)


def parent(driver: str, options: Mapping[str, str], network_id: str) -> Parent:
    """The parent that options ask for; without one, a dummy named after the network. InternalError."""
    mode, flag = options.get(f"{driver}_mode", ""), options.get(f"{driver}_flag", "")
    modes, flags = _MODES[driver], _FLAGS[driver]
    if mode not in ("", *modes):
        raise InternalError(
            f"requested {driver} mode '{mode}' is not valid, '{modes[0]}' mode is the {driver} driver default"
        )
    if driver == "ipvlan" and flag not in ("", *flags):
        raise InternalError(f"requested ipvlan flag '{flag}' is not valid, '{flags[0]}' is the ipvlan driver default")
    name = options.get("parent", "")
    if name == "lo":
        raise InternalError(f"loopback interface is not a valid {driver} parent link")
    return Parent(
        kind=driver,
        name=name or f"{_DUMMIES[driver]}{short_id(network_id)}",
        mode=mode or modes[0],
        flag=flag if flag in flags else flags[0],
        owned=not name,
    )


def to_make(asked: Parent) -> Parent:
    """A parent that is not there, as what is to be made: a VLAN by its name, like eth0.10. InternalError."""
    if asked.owned:
        return asked
    base, *numbers = asked.name.split(".")
    if not numbers:
        raise InternalError(f"invalid subinterface vlan name {asked.name}, example formatting is eth0.10")
    if len(numbers) > 1:
        raise InternalError(
            f"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {asked.name}"
        )
    if not re.fullmatch("[+-]?[0-9]+", numbers[0]):
        raise InternalError(f"unable to parse a valid vlan id from: {numbers[0]} (ex. eth0.10 for vlan 10)")
    vlan = int(numbers[0])
    if vlan not in _VLANS:
        raise InternalError(f"vlan id must be between 1-4094, received: {vlan}")
    return replace(asked, owned=True, base=base, vlan=vlan)


def check_free(network: Network, others: tuple[Network, ...]) -> None:
    """InternalError if another network of the driver has the parent."""
    if network.parent is None:
        return
    for other in others:
        if other.parent and (other.parent.kind, other.parent.name) == (network.parent.kind, network.parent.name):
            holder = f"{_DUMMIES[other.parent.kind]}{short_id(other.id)}"
            raise InternalError(f"network {holder} is already using parent interface {network.parent.name}")


def way_out(network: Network, subnet: Subnet) -> str:
    """The gateway of an endpoint's default route, "" without one: the endpoint's own interface where the parent routes,
    none where the network leads nowhere."""
    is_dummy = network.parent is not None and network.parent.owned and not network.parent.base
    if network.internal or is_dummy:
        return ""
    if network.parent is not None and network.parent.mode in _ROUTED:
        return _ANYWHERE[addresses.version_of(subnet)]
    return addresses.way_out(subnet)


def mac(network: Network, ipv4: str) -> str:
    """The MAC address of an interface that asks for none, "" where all have their parent's."""
    return "" if network.driver == "ipvlan" else addresses.mac_of(ipv4)
