"""Connection tracking: forget flows, so that their next packet meets the firewall anew.

Matters for UDP, which has no connections: a sender that never pauses keeps its entry, and with it the old
translation (or the lack of one), for ever.

Sources: ``include/uapi/linux/netfilter/nfnetlink_conntrack.h``.
"""

import errno
import struct
from collections.abc import Collection
from typing import Final

from wherry.kernel.network import netlink
from wherry.kernel.network.netlink import NLM_F_DUMP, Netlink, Request

_SUBSYSTEM: Final = 1 << 8  # NFNL_SUBSYS_CTNETLINK
_GET: Final = _SUBSYSTEM | 1
_DELETE: Final = _SUBSYSTEM | 2
_CTA_TUPLE_ORIG: Final = 1
_CTA_ID: Final = 12
_CTA_TUPLE_PROTO: Final = 2
_CTA_PROTO_NUM: Final = 1
_CTA_PROTO_DST_PORT: Final = 3
_NFGENMSG: Final = struct.Struct(">BBH")  # family, version, resource


def forget(nfnl: Netlink, address_family: int, protocol: int, ports: Collection[int]) -> int:
    """Drops all flows of ``protocol`` (IPPROTO_*) that were sent to one of ``ports``, of whatever address; how many.

    The kernel goes through all that it tracks for that: once, however many ports there are.
    """
    targets = {struct.pack(">H", port) for port in ports}
    header = _NFGENMSG.pack(address_family, 0, 0)
    listing = Request(_GET, NLM_F_DUMP, header, "list tracked flows")
    keys = [_key(body, protocol, targets) for body in nfnl.dump(listing)]
    found = [key for key in keys if key is not None]
    for key in found:
        nfnl.execute(Request(_DELETE, 0, header + key, "forget a tracked flow", (errno.ENOENT,)))
    return len(found)


def _key(body: bytes, protocol: int, targets: Collection[bytes]) -> bytes | None:
    """What names the flow in ``body`` to the kernel, None if it is another protocol's or port's."""
    attributes = netlink.parse(body[_NFGENMSG.size :])
    original = attributes[_CTA_TUPLE_ORIG]
    target = netlink.parse(netlink.parse(original)[_CTA_TUPLE_PROTO])
    if target[_CTA_PROTO_NUM] != bytes([protocol]) or target.get(_CTA_PROTO_DST_PORT) not in targets:
        return None
    return netlink.nested(_CTA_TUPLE_ORIG, original) + netlink.attribute(_CTA_ID, attributes[_CTA_ID])
