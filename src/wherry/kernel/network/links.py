"""Network links by rtnetlink: bridges, veth pairs into a namespace, bridge ports.

Every function takes a ``Netlink(NETLINK_ROUTE)`` of the namespace it works in. MAC addresses are six
colon-separated octets.

A veth pair is best removed by removing the namespace of its peer: the kernel then takes it down in the background,
while ``delete`` waits for it (17 to 26 ms).

Sources: rtnetlink(7), ``include/uapi/linux/if_link.h``.
"""

import errno
import os
import socket
import struct
from typing import Final

import msgspec

from wherry.kernel.network import netlink
from wherry.kernel.network.netlink import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, Netlink, Request
from wherry.model.network import Interface
from wherry.model.usage import Traffic

_RTM_NEWLINK: Final = 16
_RTM_DELLINK: Final = 17
_RTM_GETLINK: Final = 18
_RTM_SETLINK: Final = 19

_IFLA_ADDRESS: Final = 1
_IFLA_IFNAME: Final = 3
_IFLA_MTU: Final = 4
_IFLA_MASTER: Final = 10
_IFLA_PROTINFO: Final = 12
_IFLA_LINKINFO: Final = 18
_IFLA_STATS64: Final = 23
_IFLA_NET_NS_FD: Final = 28
_IFLA_NUM_TX_QUEUES: Final = 31
_IFLA_NUM_RX_QUEUES: Final = 32
_IFLA_INFO_KIND: Final = 1
_IFLA_INFO_DATA: Final = 2
_VETH_INFO_PEER: Final = 1
_IFLA_BRPORT_STATE: Final = 1
_IFLA_BRPORT_MODE: Final = 4  # hairpin
_IFLA_BRPORT_FLUSH: Final = 13
_BR_STATE_DISABLED: Final = 0
_IFF_UP: Final = 1
_IFF_LOWER_UP: Final = 1 << 16

LOOPBACK: Final = 1
"""The index of ``lo``, in every namespace (``LOOPBACK_IFINDEX``, ``include/net/flow.h``)."""

_LINK_HEADER: Final = struct.Struct("=BxHiII")  # family, type, index, flags, change mask


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface; ``kind`` is empty for hardware, ``master`` the index of its bridge (0: none)."""

    index: int
    name: str
    kind: str
    master: int
    flags: int
    mac: str
    mtu: int
    """Bytes."""

    @property
    def is_up(self) -> bool:
        return bool(self.flags & _IFF_UP)

    @property
    def has_carrier(self) -> bool:
        """Of a veth: whether its peer is up."""
        return bool(self.flags & _IFF_LOWER_UP)


class Veth(msgspec.Struct, frozen=True, kw_only=True):
    """A veth pair: one end here, a port of bridge number ``bridge_index``, the other in the pinned ``namespace``.

    Both ends are numbered by the caller, since the kernel heeds ``peer_index`` only beside ``host_index``.
    """

    interface: Interface
    namespace: str
    bridge_index: int
    host_index: int
    peer_index: int


def links(rtnl: Netlink) -> tuple[Link, ...]:
    """All links of the namespace."""
    request = Request(_RTM_GETLINK, NLM_F_DUMP, link_header(), "list links")
    return tuple(parsed(body) for body in rtnl.dump(request))


def link(rtnl: Netlink, name: str) -> Link | None:
    """The link called ``name``."""
    body = link_header() + netlink.text(_IFLA_IFNAME, name)
    request = Request(_RTM_GETLINK, 0, body, f"look up link {name}", (errno.ENODEV,))
    return next((parsed(answer) for answer in rtnl.dump(request)), None)


def create_bridge(rtnl: Netlink, name: str, *, mac: str | None = None, mtu: int = 1500) -> Link:
    """The bridge called ``name``, made if it is missing. FileExistsError if another kind of link has the name."""
    body = (
        link_header()
        + netlink.text(_IFLA_IFNAME, name)
        + netlink.u32(_IFLA_MTU, mtu)
        + (netlink.attribute(_IFLA_ADDRESS, mac_bytes(mac)) if mac else b"")
        + netlink.nested(_IFLA_LINKINFO, netlink.text(_IFLA_INFO_KIND, "bridge"))
    )
    what = f"create bridge {name}"
    rtnl.execute(Request(_RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body, what, (errno.EEXIST,)))
    bridge = link(rtnl, name)
    if bridge is None:
        raise OSError(errno.ENODEV, f"{what}: it is gone again")
    if bridge.kind != "bridge":
        raise OSError(errno.EEXIST, f"{what}: there is a {bridge.kind or 'device'} of that name")
    return bridge


def create_veth(rtnl: Netlink, veth: Veth) -> None:
    """Makes the pair, its host end up and in the bridge as by ``attach``, its peer in the namespace and still down.

    FileExistsError if a link here has the name or the index already.
    """
    fd = os.open(veth.namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        what = f"create veth {veth.interface.host_name} ({veth.host_index}) into {veth.namespace}"
        request = Request(_RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, _veth_body(veth, fd), what)
        rtnl.execute(request, _hairpin_request(veth.host_index))
    finally:
        os.close(fd)


def traffic(rtnl: Netlink) -> dict[str, Traffic]:
    """Counters by the link's name."""
    request = Request(_RTM_GETLINK, NLM_F_DUMP, link_header(), "read link counters")
    found = (netlink.parse(body[_LINK_HEADER.size :]) for body in rtnl.dump(request))
    return {_text(entry[_IFLA_IFNAME]): _counters(entry[_IFLA_STATS64]) for entry in found}


def set_up(rtnl: Netlink, index: int) -> None:
    rtnl.execute(up_request(index))


def set_mac(rtnl: Netlink, index: int, mac: str) -> None:
    body = link_header(index) + netlink.attribute(_IFLA_ADDRESS, mac_bytes(mac))
    rtnl.execute(Request(_RTM_SETLINK, 0, body, f"give link {index} the address {mac}"))


def attach(rtnl: Netlink, index: int, bridge_index: int) -> None:
    """Puts a link into a bridge, as a port that may send back where a frame came from: a container may call its own
    published port."""
    body = link_header(index) + netlink.u32(_IFLA_MASTER, bridge_index)
    what = f"put link {index} into bridge {bridge_index}"
    rtnl.execute(Request(_RTM_SETLINK, 0, body, what), _hairpin_request(index))


def cut_off(rtnl: Netlink, name: str) -> None:
    """A bridge port passes no more frames, and its bridge forgets who was behind it. Idempotent, and quick.

    The namespace of a veth's peer dies some time after it was let go; until then it would answer for its address,
    which may be somebody else's by now.
    """
    port = link(rtnl, name)
    if port is None or not port.master:
        return
    state = netlink.attribute(_IFLA_BRPORT_STATE, bytes([_BR_STATE_DISABLED]))
    flags = netlink.nested(_IFLA_PROTINFO, state, netlink.attribute(_IFLA_BRPORT_FLUSH, b""))
    body = link_header(port.index, family=socket.AF_BRIDGE) + flags
    tolerated = (errno.ENODEV, errno.ENETDOWN)
    rtnl.execute(Request(_RTM_SETLINK, 0, body, f"cut off bridge port {name}", tolerated))


def delete(rtnl: Netlink, name: str) -> None:
    """Removes a link. Idempotent. Waits until the kernel has taken it down."""
    body = link_header() + netlink.text(_IFLA_IFNAME, name)
    rtnl.execute(Request(_RTM_DELLINK, 0, body, f"delete link {name}", (errno.ENODEV,)))


def link_header(index: int = 0, flags: int = 0, change: int = 0, family: int = 0) -> bytes:
    return _LINK_HEADER.pack(family, 0, index, flags, change)


def up_request(index: int) -> Request:
    """For a batch: sets the link up."""
    return Request(_RTM_NEWLINK, 0, link_header(index, _IFF_UP, _IFF_UP), f"set link {index} up")


def _veth_body(veth: Veth, namespace_fd: int) -> bytes:
    interface = veth.interface
    # Of queues for each processor the kernel would use one, and wait for an RCU grace period to give up the others.
    both = netlink.u32(_IFLA_MTU, interface.mtu)
    both += netlink.u32(_IFLA_NUM_TX_QUEUES, 1) + netlink.u32(_IFLA_NUM_RX_QUEUES, 1)
    peer = (
        link_header(veth.peer_index)
        + netlink.text(_IFLA_IFNAME, interface.name)
        + netlink.attribute(_IFLA_ADDRESS, mac_bytes(interface.mac))
        + both
        + netlink.u32(_IFLA_NET_NS_FD, namespace_fd)
    )
    data = netlink.nested(_IFLA_INFO_DATA, netlink.attribute(_VETH_INFO_PEER, peer))
    return (
        link_header(veth.host_index, _IFF_UP, _IFF_UP)
        + netlink.text(_IFLA_IFNAME, interface.host_name)
        + both
        + netlink.u32(_IFLA_MASTER, veth.bridge_index)
        + netlink.nested(_IFLA_LINKINFO, netlink.text(_IFLA_INFO_KIND, "veth"), data)
    )


def _hairpin_request(index: int) -> Request:
    flags = netlink.nested(_IFLA_PROTINFO, netlink.attribute(_IFLA_BRPORT_MODE, bytes([True])))
    body = link_header(index, family=socket.AF_BRIDGE) + flags
    return Request(_RTM_SETLINK, 0, body, f"set bridge port {index} to hairpin mode")


def parsed(body: bytes) -> Link:
    """The link that a message is about."""
    _family, _type, index, flags, _change = _LINK_HEADER.unpack_from(body)
    attributes = netlink.parse(body[_LINK_HEADER.size :])
    info = netlink.parse(attributes.get(_IFLA_LINKINFO, b""))
    return Link(
        index=index,
        name=_text(attributes.get(_IFLA_IFNAME, b"")),
        kind=_text(info.get(_IFLA_INFO_KIND, b"")),
        master=_number(attributes.get(_IFLA_MASTER)),
        flags=flags,
        mac=attributes.get(_IFLA_ADDRESS, b"").hex(":"),
        mtu=_number(attributes.get(_IFLA_MTU)),
    )


def _counters(stats: bytes) -> Traffic:
    """The first eight of struct rtnl_link_stats64: each of four things received, then sent."""
    names = ("packets", "bytes", "errors", "dropped")
    values = struct.unpack_from("=8Q", stats)
    fields = [f"{way}_{name}" for name in names for way in ("rx", "tx")]
    return Traffic(**dict(zip(fields, values, strict=True)))


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")


def _number(value: bytes | None) -> int:
    return 0 if value is None else int(struct.unpack("=I", value)[0])
