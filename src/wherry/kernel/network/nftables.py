"""nftables: whole rulesets as text through nft(8), map elements by raw nfnetlink.

A ruleset is rare and may take the 3 ms of a process; an element (one published port) takes 0.07 ms.

The maps are ``inet_proto . inet_service : ADDR . inet_service`` and, for a port of one host address,
``inet_proto . ADDR . inet_service : ADDR . inet_service``, where ADDR is ipv4_addr or ipv6_addr. A port published on
0.0.0.0 or :: belongs in the former kind, any other in the latter.

Sources: nft(8), ``include/uapi/linux/netfilter/nf_tables.h``, ``nfnetlink.h``.
"""

import errno
import ipaddress
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wherry.errors import InternalError, NotSupported
from wherry.kernel import processes
from wherry.kernel.network import netlink
from wherry.kernel.network.netlink import NLM_F_CREATE, NLM_F_DUMP, NLM_F_REQUEST, Netlink, Request
from wherry.model.network import PublishedPort

_NFPROTO: Final = {"inet": 1, "ip": 2, "bridge": 7, "ip6": 10}
_PROTOCOLS: Final = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "sctp": 132}

SUBSYSTEM: Final = 10 << 8  # NFNL_SUBSYS_NFTABLES
_DELTABLE: Final = SUBSYSTEM | 2
_GETRULE: Final = SUBSYSTEM | 7
_DELRULE: Final = SUBSYSTEM | 8
_NEWSETELEM: Final = SUBSYSTEM | 12
_DELSETELEM: Final = SUBSYSTEM | 14
_BATCH_BEGIN: Final = 16
_BATCH_END: Final = 17
_TABLE_NAME: Final = 1  # of a table, and of a rule that of its table
_RULE_HANDLE: Final = 3
_LIST_TABLE: Final = 1
_LIST_SET: Final = 2
_LIST_ELEMENTS: Final = 3
_ELEMENT_KEY: Final = 1
_ELEMENT_DATA: Final = 2
_DATA_VALUE: Final = 1

_NFGENMSG: Final = struct.Struct(">BBH")  # family, version, resource
# A list is one attribute, and an attribute at most 65531 bytes; an IPv6 element takes 88.
_ELEMENTS_PER_MESSAGE: Final = 500


async def apply(ruleset: str) -> None:
    """Carries out all commands of ``ruleset`` (nft's own language) or, if one fails, none."""
    try:
        done = await processes.run(("nft", "-f", "-"), env=processes.ENVIRONMENT, stdin=ruleset.encode())
    except FileNotFoundError:
        raise NotSupported("the program nft is missing: install the package nftables") from None
    if done.code != 0:
        raise InternalError(f"nft -f -: {done.stderr.decode(errors='replace').strip()}")


def rules(nfnl: Netlink, family: str, table: str) -> frozenset[bytes]:
    """The handles of all rules in a table: a rule that is made anew has another. None without the table."""
    body = header(family) + netlink.text(_TABLE_NAME, table)
    request = Request(_GETRULE, NLM_F_DUMP, body, f"list rules of table {family} {table}", (errno.ENOENT,))
    return frozenset(netlink.parse(answer[_NFGENMSG.size :])[_RULE_HANDLE] for answer in nfnl.dump(request))


def removes_rules(kind: int, body: bytes, table: str) -> bool:
    """Whether a notification of the kernel tells that rules of ``table`` have gone, or the table itself."""
    if kind not in (_DELTABLE, _DELRULE):
        return False
    return netlink.parse(body[_NFGENMSG.size :])[_TABLE_NAME] == table.encode() + b"\0"


def add_elements(nfnl: Netlink, family: str, table: str, name: str, ports: Sequence[PublishedPort]) -> None:
    """Adds all elements to a map or none. One that is there already is fine; FileExistsError if it leads elsewhere."""
    transact(nfnl, family, _change(_NEWSETELEM, NLM_F_CREATE, family, table, name, ports))


def delete_elements(nfnl: Netlink, family: str, table: str, name: str, ports: Sequence[PublishedPort]) -> None:
    """Removes elements from a map. Idempotent, also if some are missing or the map is."""
    try:
        transact(nfnl, family, _change(_DELSETELEM, 0, family, table, name, ports))
    except FileNotFoundError:
        # One missing element undoes the whole transaction.
        for port in ports:
            transact(nfnl, family, _change(_DELSETELEM, 0, family, table, name, [port], (errno.ENOENT,)))


def _change(
    kind: int,
    flags: int,
    family: str,
    table: str,
    name: str,
    ports: Sequence[PublishedPort],
    tolerated: tuple[int, ...] = (),
) -> Iterator[Request]:
    verb = "add to" if kind == _NEWSETELEM else "delete from"
    place = netlink.text(_LIST_TABLE, table) + netlink.text(_LIST_SET, name)
    for start in range(0, len(ports), _ELEMENTS_PER_MESSAGE):
        part = ports[start : start + _ELEMENTS_PER_MESSAGE]
        # The type of a list member means nothing to the kernel (NFTA_LIST_ELEM is 1).
        members = (netlink.nested(1, _encoded(port, with_data=kind == _NEWSETELEM)) for port in part)
        what = f"{verb} nftables map {family} {table} {name}: {_text(part)}"
        yield Request(kind, flags, header(family) + place + netlink.nested(_LIST_ELEMENTS, *members), what, tolerated)


def header(family: str) -> bytes:
    """The fixed part of a message about a table of ``family``."""
    return _NFGENMSG.pack(_NFPROTO[family], 0, 0)


def transact(nfnl: Netlink, family: str, requests: Iterable[Request]) -> None:
    """Carry out all requests or none."""
    begin, end = (
        netlink.message(kind, NLM_F_REQUEST, _NFGENMSG.pack(_NFPROTO[family], 0, SUBSYSTEM >> 8), 0)
        for kind in (_BATCH_BEGIN, _BATCH_END)
    )
    changes = tuple(requests)
    if changes:
        nfnl.transact(changes, begin, end)


def _encoded(port: PublishedPort, *, with_data: bool) -> bytes:
    """Each field of a concatenation is padded to four bytes and in network byte order."""
    key = bytes([_PROTOCOLS[port.protocol], 0, 0, 0])
    host = ipaddress.ip_address(port.host_ip)
    if not host.is_unspecified:
        key += host.packed
    key += struct.pack(">H2x", port.host_port)
    encoded = netlink.nested(_ELEMENT_KEY, netlink.attribute(_DATA_VALUE, key))
    if not with_data:
        return encoded
    data = ipaddress.ip_address(port.container_ip).packed + struct.pack(">H2x", port.container_port)
    return encoded + netlink.nested(_ELEMENT_DATA, netlink.attribute(_DATA_VALUE, data))


def _text(ports: Sequence[PublishedPort]) -> str:
    first = ports[0]
    more = f" and {len(ports) - 1} more" if len(ports) > 1 else ""
    return f"{first.protocol} {first.host_ip} {first.host_port}{more}"
