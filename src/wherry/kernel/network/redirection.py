"""Packets to one address and port of a network namespace → a socket that has another port, by nftables.

The rules are written as raw nfnetlink messages, all in one batch: nft(8) would take some milliseconds. As text:

    table ip wherry { chain output { type nat hook output priority -100
      ip daddr ADDRESS meta l4proto udp th dport PORT dnat to ADDRESS:SOCKET_PORT
      ip daddr ADDRESS meta l4proto tcp th dport PORT dnat to ADDRESS:SOCKET_PORT } }

Sources: ``include/uapi/linux/netfilter/nf_tables.h``, ``nft --debug=netlink``.
"""

import ipaddress
import socket
import struct
from collections.abc import Mapping
from typing import Final

from wherry.kernel.network import netlink, nftables
from wherry.kernel.network.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, Netlink, Request

_TABLE: Final = "wherry"
_CHAIN: Final = "output"
_PROTOCOLS: Final = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}

_NEWTABLE, _DELTABLE, _NEWCHAIN, _NEWRULE = (nftables.SUBSYSTEM | number for number in (0, 2, 3, 6))
_TABLE_NAME: Final = 1
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_TYPE = 1, 3, 4, 7
_HOOK_NUMBER, _HOOK_PRIORITY = 1, 2
_RULE_TABLE, _RULE_CHAIN, _RULE_EXPRESSIONS = 1, 2, 4
_LIST_ELEMENT: Final = 1
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_DATA_VALUE: Final = 1
_META_REGISTER, _META_KEY = 1, 2
_COMPARE_REGISTER, _COMPARE_HOW, _COMPARE_DATA = 1, 2, 3
_PAYLOAD_REGISTER, _PAYLOAD_BASE, _PAYLOAD_OFFSET, _PAYLOAD_LENGTH = 1, 2, 3, 4
_IMMEDIATE_REGISTER, _IMMEDIATE_DATA = 1, 2
_NAT_TYPE, _NAT_FAMILY, _NAT_ADDRESS, _NAT_PORT = 1, 2, 3, 5

_LOCAL_OUT: Final = 3  # number of the hook
_BEFORE_ROUTING: Final = -100  # priority at which destinations are translated
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
_DESTINATION_ADDRESS, _DESTINATION_PORT = 16, 2  # where they are in their headers
_L4PROTO: Final = 16
_EQUAL: Final = 0
_NAT_DESTINATION: Final = 1


def redirect(nfnl: Netlink, address: str, port: int, sockets: Mapping[str, int], *, instead: bool = False) -> None:
    """Let what is sent to ``address``:``port`` reach sockets at the same address: their ports by protocol (tcp, udp).

    ``nfnl`` is of the namespace. FileExistsError if there are redirections, unless these come ``instead``: then the
    kernel takes some milliseconds to let the earlier ones go, when ``nfnl`` is closed.
    """
    packed = ipaddress.IPv4Address(address).packed
    header = nftables.header("ip")
    table = header + netlink.text(_TABLE_NAME, _TABLE)
    rules = (_rule(_PROTOCOLS[name], packed, port, socket_port) for name, socket_port in sockets.items())
    what = f"redirect {address}:{port}"
    earlier = (Request(_NEWTABLE, NLM_F_CREATE, table, what), Request(_DELTABLE, 0, table, what)) if instead else ()
    requests = (
        *earlier,
        Request(_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, table, what),
        Request(_NEWCHAIN, NLM_F_CREATE, header + _chain(), what),
        *(Request(_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, header + rule, what) for rule in rules),
    )
    nftables.transact(nfnl, "ip", requests)


def _chain() -> bytes:
    return (
        netlink.text(_CHAIN_TABLE, _TABLE)
        + netlink.text(_CHAIN_NAME, _CHAIN)
        + netlink.nested(_CHAIN_HOOK, _number(_HOOK_NUMBER, _LOCAL_OUT), _number(_HOOK_PRIORITY, _BEFORE_ROUTING))
        + netlink.text(_CHAIN_TYPE, "nat")
    )


def _rule(protocol: int, address: bytes, port: int, socket_port: int) -> bytes:
    expressions = (
        _load_payload(_NETWORK_HEADER, _DESTINATION_ADDRESS, len(address)),
        _compare(address),
        _expression("meta", _number(_META_REGISTER, 1), _number(_META_KEY, _L4PROTO)),
        _compare(bytes([protocol])),
        _load_payload(_TRANSPORT_HEADER, _DESTINATION_PORT, 2),
        _compare(struct.pack(">H", port)),
        _expression("immediate", _number(_IMMEDIATE_REGISTER, 1), _data(_IMMEDIATE_DATA, address)),
        _expression(
            "immediate", _number(_IMMEDIATE_REGISTER, 2), _data(_IMMEDIATE_DATA, struct.pack(">H", socket_port))
        ),
        _expression(
            "nat",
            _number(_NAT_TYPE, _NAT_DESTINATION),
            _number(_NAT_FAMILY, socket.AF_INET),
            _number(_NAT_ADDRESS, 1),
            _number(_NAT_PORT, 2),
        ),
    )
    return (
        netlink.text(_RULE_TABLE, _TABLE)
        + netlink.text(_RULE_CHAIN, _CHAIN)
        + netlink.nested(_RULE_EXPRESSIONS, *expressions)
    )


def _load_payload(base: int, offset: int, length: int) -> bytes:
    """Into register 1."""
    numbers = {_PAYLOAD_REGISTER: 1, _PAYLOAD_BASE: base, _PAYLOAD_OFFSET: offset, _PAYLOAD_LENGTH: length}
    return _expression("payload", *(_number(kind, value) for kind, value in numbers.items()))


def _compare(value: bytes) -> bytes:
    """Go on with the rule if register 1 has the value."""
    return _expression("cmp", _number(_COMPARE_REGISTER, 1), _number(_COMPARE_HOW, _EQUAL), _data(_COMPARE_DATA, value))


def _expression(name: str, *attributes: bytes) -> bytes:
    data = netlink.nested(_EXPRESSION_DATA, *attributes)
    return netlink.nested(_LIST_ELEMENT, netlink.text(_EXPRESSION_NAME, name), data)


def _data(kind: int, value: bytes) -> bytes:
    return netlink.nested(kind, netlink.attribute(_DATA_VALUE, value))


def _number(kind: int, value: int) -> bytes:
    """A number in network byte order."""
    return netlink.attribute(kind, value.to_bytes(4, "big", signed=True))
