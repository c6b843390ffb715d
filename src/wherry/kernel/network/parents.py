"""Parents by rtnetlink: interfaces of the host that containers share as macvlan or ipvlan interfaces, and the VLANs and
dummies that are made to be parents.

Every function takes a ``Netlink(NETLINK_ROUTE)`` of the host's namespace. Texts of errors are libnetwork's
(``drivers/macvlan/macvlan_setup.go``). Sources: ``include/uapi/linux/if_link.h``.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from wherry.errors import InternalError
from wherry.kernel.network import links, netlink
from wherry.kernel.network.links import link_header
from wherry.kernel.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink, Request
from wherry.model.network import Interface, Parent

_RTM_NEWLINK: Final = 16
_IFLA_IFNAME: Final = 3
_IFLA_LINK: Final = 5
_IFLA_LINKINFO: Final = 18
_IFLA_NET_NS_FD: Final = 28
_IFLA_INFO_KIND: Final = 1
_IFLA_INFO_DATA: Final = 2
_IFLA_VLAN_ID: Final = 1
_IFLA_MACVLAN_MODE: Final = 1
_IFLA_IPVLAN_MODE: Final = 1
_IFLA_IPVLAN_FLAGS: Final = 2

_MACVLAN_MODES: Final = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
_IPVLAN_MODES: Final = {"l2": 0, "l3": 1, "l3s": 2}
_IPVLAN_FLAGS: Final = {"bridge": 0, "private": 1, "vepa": 2}
_MADE_HERE: Final = ("dummy", "vlan")
SHARES: Final = ("macvlan", "ipvlan")
"""Kinds of interfaces that share a parent."""


def ensure(rtnl: Netlink, parent: Parent) -> None:
    """One that is owned is there and up. InternalError."""
    if not parent.owned:
        return
    made = links.link(rtnl, parent.name) or _make(rtnl, parent)
    links.set_up(rtnl, made.index)


def remove(rtnl: Netlink, parent: Parent) -> None:
    """Remove one that is owned, unless it is of another kind by now. Idempotent."""
    found = links.link(rtnl, parent.name)
    if parent.owned and found is not None and found.kind in _MADE_HERE:
        links.delete(rtnl, parent.name)


def share(rtnl: Netlink, parent: Parent, namespace: str, interface: Interface) -> None:
    """Make an interface of the parent in a pinned namespace, still down, with the parent's MAC address or any.
    InternalError."""
    lower = links.link(rtnl, parent.name)
    if lower is None:
        raise InternalError(f"the requested parent interface {parent.name} was not found on the Docker host")
    body = link_header() + netlink.text(_IFLA_IFNAME, interface.name) + netlink.u32(_IFLA_LINK, lower.index)
    fd = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        body += netlink.u32(_IFLA_NET_NS_FD, fd) + _info(parent.kind, _mode(parent))
        with _told(f"failed to create the {parent.kind} port: "):
            _create(rtnl, body, f"create {interface.name} of {parent.name} in {namespace}")
    finally:
        os.close(fd)


def _make(rtnl: Netlink, parent: Parent) -> links.Link:
    body = link_header() + netlink.text(_IFLA_IFNAME, parent.name)
    if parent.base:
        base = links.link(rtnl, parent.base)
        if base is None:
            raise InternalError(f"-o parent interface was not found on the host: {parent.base}")
        body += netlink.u32(_IFLA_LINK, base.index)
        body += _info("vlan", netlink.attribute(_IFLA_VLAN_ID, struct.pack("=H", parent.vlan)))
    else:
        body += _info("dummy")
    with _told(f"failed to create {parent.name} vlan link: " if parent.base else ""):
        _create(rtnl, body, f"create {parent.name}")
    made = links.link(rtnl, parent.name)
    if made is None:
        raise InternalError(f"error occurred looking up the {parent.kind} parent iface {parent.name}: it is gone again")
    return made


def _create(rtnl: Netlink, body: bytes, what: str) -> None:
    rtnl.execute(Request(_RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body, what))


def _info(kind: str, *data: bytes) -> bytes:
    parts = [netlink.nested(_IFLA_INFO_DATA, *data)] if data else []
    return netlink.nested(_IFLA_LINKINFO, netlink.text(_IFLA_INFO_KIND, kind), *parts)


def _mode(parent: Parent) -> bytes:
    if parent.kind == "macvlan":
        return netlink.u32(_IFLA_MACVLAN_MODE, _MACVLAN_MODES[parent.mode])
    mode, flags = _IPVLAN_MODES[parent.mode], _IPVLAN_FLAGS[parent.flag]
    return netlink.attribute(_IFLA_IPVLAN_MODE, struct.pack("=H", mode)) + netlink.attribute(
        _IFLA_IPVLAN_FLAGS, struct.pack("=H", flags)
    )


@contextmanager
def _told(before: str) -> Iterator[None]:
    """What the kernel refuses is told in its words."""
    try:
        yield
    except OSError as error:
        raise InternalError(f"{before}{os.strerror(error.errno or 0).lower()}") from error
