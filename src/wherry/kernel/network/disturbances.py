"""What others took away: heard from the kernel, which tells every change of links, addresses and rules.

Most of what is told is our own work. A filter of the socket keeps links that are made or changed from waking anybody,
and of what is left only losses count: a bridge, an address, a bridge port that lives on without its bridge, rules of
our table.

Sources: rtnetlink(7), netlink(7), ``include/uapi/linux/netfilter/nf_tables.h``, ``include/uapi/linux/filter.h``.
"""

import asyncio
import ctypes
import errno
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Self

from wherry.kernel.network import links, netlink, nftables
from wherry.kernel.network.links import Link
from wherry.kernel.network.netlink import NETLINK_NETFILTER, NETLINK_ROUTE, Netlink
from wherry.kernel.readiness import readable

_RTM_DELLINK: Final = 17
_RTM_DELADDR: Final = 21
# A group's bit is 1 << (its number - 1).
_LINKS: Final = 1 << 0
_IPV4_ADDRESSES: Final = 1 << 4
_IPV6_ADDRESSES: Final = 1 << 8
_NFTABLES: Final = 1 << 6

_ADDRESS_SCOPE: Final = 3  # the byte of struct ifaddrmsg
_SCOPE_LINK: Final = 253  # which every port of a bridge has one of
_SO_ATTACH_FILTER: Final = 26
_BUFFER: Final = 1 << 20  # bytes
_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, jump if false, operand
_BPF_LOAD_HALF: Final = 0x28  # in network byte order, wherefore it is compared with swapped numbers
_BPF_JUMP_EQUAL: Final = 0x15
_BPF_RETURN: Final = 0x06
_ALL_OF_IT: Final = (_BPF_RETURN, 0, 0, 0xFFFFFFFF)
_TYPE_OFFSET: Final = 4  # in struct nlmsghdr
_SETTLING: Final = 0.1  # seconds: what belongs together comes together, and links that go have gone

Told = tuple[int, bytes]
"""Type and body of a message."""


class Disturbances:
    """Two sockets of this network namespace that listen from the moment this is made. Use as a context manager."""

    def __init__(self, rtnl: Netlink, table: str) -> None:
        """``rtnl`` to look at links, ``table``: the name of the one in nftables that is ours."""
        self._rtnl = rtnl
        self._table = table
        self._routing = _listener(NETLINK_ROUTE, _LINKS | _IPV4_ADDRESSES | _IPV6_ADDRESSES)
        self._netfilter = _listener(NETLINK_NETFILTER, _NFTABLES)
        _pass_only(self._routing, (_RTM_DELLINK, _RTM_DELADDR))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._routing.close()
        self._netfilter.close()

    def any(self) -> bool:
        """Whether something may have been taken away since this was last asked. What the kernel tells is here as soon
        as the change is made."""
        try:
            routing, netfilter = _told(self._routing), _told(self._netfilter)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            return True  # more was told than there was room for
        return self._loses_links(routing) or self._loses_rules(netfilter)

    async def next(self) -> None:
        """Wait until there is one, and for what comes with it."""
        while True:
            with readable(self._routing.fileno(), self._netfilter.fileno()) as told:
                await told.wait()
            await asyncio.sleep(_SETTLING)
            if self.any():
                return

    def _loses_links(self, told: Iterable[Told]) -> bool:
        released: dict[int, Link] = {}
        for kind, body in told:
            if kind == _RTM_DELADDR:
                if body[_ADDRESS_SCOPE] != _SCOPE_LINK:
                    return True
                continue
            link = links.parsed(body)
            if body[0] == socket.AF_BRIDGE:
                released[link.index] = link
            elif link.kind == "bridge":
                return True
            else:
                released.pop(link.index, None)  # it left its bridge because it went
        return any(links.link(self._rtnl, port.name) for port in released.values())

    def _loses_rules(self, told: Iterable[Told]) -> bool:
        return any(nftables.removes_rules(kind, body, self._table) for kind, body in told)


def _listener(protocol: int, groups: int) -> socket.socket:
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    listener = socket.socket(socket.AF_NETLINK, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    listener.bind((0, groups))
    return listener


def _pass_only(listener: socket.socket, kinds: tuple[int, ...]) -> None:
    """Let in only messages of these types: rtnetlink tells one at a time."""
    load = (_BPF_LOAD_HALF, 0, 0, _TYPE_OFFSET)
    tests = ((_BPF_JUMP_EQUAL, len(kinds) - i, 0, socket.htons(kind)) for i, kind in enumerate(kinds))
    program = b"".join(_INSTRUCTION.pack(*each) for each in (load, *tests, (_BPF_RETURN, 0, 0, 0), _ALL_OF_IT))
    code = ctypes.create_string_buffer(program, len(program))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(kinds) + 3, ctypes.addressof(code)))


def _told(listener: socket.socket) -> list[Told]:
    """All messages that have come in. OSError ENOBUFS if some were lost."""
    told: list[Told] = []
    with suppress(BlockingIOError):
        while True:
            received = netlink.messages(listener.recv(netlink.RECEIVE_SIZE))
            told += ((kind, body) for kind, _flags, _sequence, body in received)
    return told
