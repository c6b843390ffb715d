"""Bridges of networks, in the network namespace that the process is in."""

from contextlib import suppress

from wherry.errors import NotFound, NotSupported
from wherry.kernel import sysctls
from wherry.kernel.network import addressing, links
from wherry.kernel.network.links import Link
from wherry.kernel.network.netlink import Netlink
from wherry.model.network import BridgePlan


def ensure(rtnl: Netlink, plan: BridgePlan, *, firewall: bool) -> None:
    """The bridge is there and up, with these addresses. NotFound for one that is not ours to make, NotSupported.

    ``firewall``: rules may send to it what the host sends to its own loopback addresses.
    """
    bridge = _owned(rtnl, plan) if plan.owned else find(rtnl, plan.name)
    if any(":" in address for address in plan.addresses):
        _prepare_ipv6(plan)
    for address in plan.addresses:
        addressing.add_address(rtnl, bridge.index, address)
    if firewall:
        sysctls.write(sysctls.route_localnet(plan.name), 1)
    if plan.forward:
        sysctls.write(sysctls.FORWARD_IPV4, 1)
    if plan.filtered:
        _filter_bridges()
    links.set_up(rtnl, bridge.index)


def lacks(rtnl: Netlink, plan: BridgePlan) -> bool:
    """Whether the bridge is missing, or one of its addresses."""
    bridge = links.link(rtnl, plan.name)
    if bridge is None:
        return True
    present = {each.address for each in addressing.addresses(rtnl, bridge.index)}
    return not present.issuperset(plan.addresses)


def find(rtnl: Netlink, name: str) -> Link:
    """The bridge called ``name``. NotFound."""
    bridge = links.link(rtnl, name)
    if bridge is None:
        raise NotFound(f"the bridge {name} is missing")
    return bridge


def addresses(rtnl: Netlink) -> dict[str, tuple[str, ...]]:
    """All bridges: names, and IPv4 addresses in CIDR form."""
    found = addressing.addresses(rtnl)
    return {
        link.name: tuple(each.address for each in found if each.index == link.index and ":" not in each.address)
        for link in links.links(rtnl)
        if link.kind == "bridge"
    }


def _owned(rtnl: Netlink, plan: BridgePlan) -> Link:
    """Made if it is missing, without IPv4 addresses that the plan does not have."""
    bridge = links.create_bridge(rtnl, plan.name, mac=plan.mac or None, mtu=plan.mtu)
    with suppress(FileNotFoundError):  # a kernel without IPv6
        sysctls.write(sysctls.accept_ra(plan.name), 0)  # a container would be the host's router
    for other in addressing.addresses(rtnl, bridge.index):
        if ":" not in other.address and other.address not in plan.addresses:
            addressing.delete_address(rtnl, bridge.index, other.address)
    return bridge


def _prepare_ipv6(plan: BridgePlan) -> None:
    """Before the bridge is up: it has IPv6, is found by its containers at once, and the host forwards."""
    sysctls.write(sysctls.disable_ipv6(plan.name), 0)
    sysctls.write(sysctls.accept_dad(plan.name), 0)
    if plan.forward:
        sysctls.write(sysctls.FORWARD_IPV6, 1)


def _filter_bridges() -> None:
    """Frames from one port of a bridge to another meet the firewall. NotSupported if this kernel cannot do that."""
    try:
        sysctls.write(sysctls.BRIDGED_IPV4_MEETS_FIREWALL, 1)
        sysctls.write(sysctls.BRIDGED_IPV6_MEETS_FIREWALL, 1)
    except FileNotFoundError:
        raise NotSupported("without icc the kernel module br_netfilter is needed: modprobe br_netfilter") from None
