"""Addresses and routes by rtnetlink.

Every function takes a ``Netlink(NETLINK_ROUTE)`` of the namespace it works in. Addresses are texts with a prefix
length (``172.17.0.2/16``), gateways texts without; 0.0.0.0 and :: mean that a link has none and needs none.

Sources: rtnetlink(7), ``include/uapi/linux/if_addr.h``, ``include/uapi/linux/rtnetlink.h``.
"""

import errno
import ipaddress
import socket
import struct
from typing import Final

import msgspec

from wherry.kernel.network import netlink
from wherry.kernel.network.links import LOOPBACK, up_request
from wherry.kernel.network.netlink import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, Netlink, Request

_RTM_NEWADDR: Final = 20
_RTM_DELADDR: Final = 21
_RTM_GETADDR: Final = 22
_RTM_NEWROUTE: Final = 24
_RTM_GETROUTE: Final = 26

_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_BROADCAST: Final = 4
_IFA_FLAGS: Final = 8
_IFA_F_NODAD: Final = 2

_RTA_DST: Final = 1
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5
_RT_TABLE_MAIN: Final = 254
_RTPROT_BOOT: Final = 3
_RTN_UNICAST: Final = 1
_RT_SCOPE_UNIVERSE: Final = 0
_RT_SCOPE_LINK: Final = 253

_ADDRESS_HEADER: Final = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ROUTE_HEADER: Final = struct.Struct("=BBBBBBBBI")  # family, dst, src, tos, table, protocol, scope, type, flags


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address with its prefix length on the link ``index``."""

    index: int
    address: str


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A unicast route of the main table; ``index`` of its link is 0 if it has several."""

    destination: str
    gateway: str | None
    index: int


def configure(rtnl: Netlink, index: int, addresses: tuple[str, ...], gateways: tuple[str, ...] = ()) -> None:
    """Loopback up, ``addresses`` on the link, the link up, default routes instead of others. One round trip."""
    rtnl.execute(
        up_request(LOOPBACK),
        *(_add_address_request(index, address) for address in addresses),
        up_request(index),
        *(_default_route_request(index, gateway, instead=True) for gateway in gateways),
    )


def addresses(rtnl: Netlink, index: int | None = None) -> tuple[Address, ...]:
    """The addresses of all links, or of one."""
    request = Request(_RTM_GETADDR, NLM_F_DUMP, _ADDRESS_HEADER.pack(0, 0, 0, 0, 0), "list addresses")
    found = (_address(body) for body in rtnl.dump(request))
    return tuple(address for address in found if index is None or address.index == index)


def add_address(rtnl: Netlink, index: int, address: str) -> None:
    """Idempotent. An IPv6 address is usable at once: no duplicate address detection."""
    rtnl.execute(_add_address_request(index, address))


def delete_address(rtnl: Netlink, index: int, address: str) -> None:
    """Idempotent."""
    body = _address_body(index, ipaddress.ip_interface(address))
    tolerated = (errno.EADDRNOTAVAIL, errno.ENODEV)
    rtnl.execute(Request(_RTM_DELADDR, 0, body, f"delete address {address} of link {index}", tolerated))


def set_default_routes(rtnl: Netlink, index: int, gateways: tuple[str, ...], *, instead: bool) -> None:
    """Default routes by ``gateways``, ``instead`` of others of the IP version or if there is none."""
    rtnl.execute(*(_default_route_request(index, gateway, instead=instead) for gateway in gateways))


def routes(rtnl: Netlink) -> tuple[Route, ...]:
    """Unicast routes of the main table, IPv4 and IPv6: what a new subnet must not overlap."""
    header = _ROUTE_HEADER.pack(0, 0, 0, 0, 0, 0, 0, 0, 0)
    request = Request(_RTM_GETROUTE, NLM_F_DUMP, header, "list routes")
    found = (_route(body) for body in rtnl.dump(request))
    return tuple(route for route in found if route is not None)


def _add_address_request(index: int, address: str) -> Request:
    body = _address_body(index, ipaddress.ip_interface(address))
    what = f"add address {address} to link {index}"
    return Request(_RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body, what, (errno.EEXIST,))


def _address_body(index: int, address: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> bytes:
    body = _ADDRESS_HEADER.pack(_family(address), address.network.prefixlen, 0, 0, index)
    body += netlink.attribute(_IFA_LOCAL, address.packed) + netlink.attribute(_IFA_ADDRESS, address.packed)
    if address.version == 6:
        return body + netlink.u32(_IFA_FLAGS, _IFA_F_NODAD)
    return body + netlink.attribute(_IFA_BROADCAST, address.network.broadcast_address.packed)


def _default_route_request(index: int, gateway: str, *, instead: bool) -> Request:
    address = ipaddress.ip_address(gateway)
    scope = _RT_SCOPE_LINK if address.is_unspecified and address.version == 4 else _RT_SCOPE_UNIVERSE
    body = _ROUTE_HEADER.pack(_family(address), 0, 0, 0, _RT_TABLE_MAIN, _RTPROT_BOOT, scope, _RTN_UNICAST, 0)
    body += netlink.u32(_RTA_OIF, index)
    if not address.is_unspecified:
        body += netlink.attribute(_RTA_GATEWAY, address.packed)
    flags, tolerated = (NLM_F_REPLACE, ()) if instead else (NLM_F_EXCL, (errno.EEXIST,))
    return Request(
        _RTM_NEWROUTE, NLM_F_CREATE | flags, body, f"add default route by {gateway} on link {index}", tolerated
    )


def _address(body: bytes) -> Address:
    _family, prefix, _flags, _scope, index = _ADDRESS_HEADER.unpack_from(body)
    attributes = netlink.parse(body[_ADDRESS_HEADER.size :])
    packed = attributes.get(_IFA_LOCAL) or attributes[_IFA_ADDRESS]  # IPv6 has a local one only on point-to-point
    return Address(index=index, address=f"{ipaddress.ip_address(packed)}/{prefix}")


def _route(body: bytes) -> Route | None:
    family, prefix, _src, _tos, table, _protocol, _scope, kind, _flags = _ROUTE_HEADER.unpack_from(body)
    if table != _RT_TABLE_MAIN or kind != _RTN_UNICAST or family not in (socket.AF_INET, socket.AF_INET6):
        return None
    attributes = netlink.parse(body[_ROUTE_HEADER.size :])
    anywhere = bytes(4 if family == socket.AF_INET else 16)
    gateway = attributes.get(_RTA_GATEWAY)
    return Route(
        destination=f"{ipaddress.ip_address(attributes.get(_RTA_DST, anywhere))}/{prefix}",
        gateway=None if gateway is None else str(ipaddress.ip_address(gateway)),
        index=struct.unpack("=I", attributes.get(_RTA_OIF, bytes(4)))[0],
    )


def _family(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6
