"""Netlink messages: attributes, requests, acknowledgements, dumps. What the messages mean is up to the callers.

The kernel carries a request out within send(2), so a round trip costs microseconds (plus the wait for the lock of
its subsystem) and nothing here needs the event loop.

Sources: netlink(7), ``include/uapi/linux/netlink.h``, ``Documentation/userspace-api/netlink/intro.rst``.
"""

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from wherry.kernel.network import namespaces

NETLINK_ROUTE: Final = 0
NETLINK_NETFILTER: Final = 12

NLM_F_REQUEST: Final = 1
NLM_F_ACK: Final = 4
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
NLM_F_APPEND: Final = 0x800
NLM_F_DUMP: Final = 0x300
NLA_F_NESTED: Final = 0x8000

_HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE: Final = struct.Struct("=HH")  # length, type
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_NLM_F_ACK_TLVS: Final = 0x200
_NLMSGERR_ATTR_MSG: Final = 1
_NLA_TYPE_MASK: Final = 0x3FFF
_SOL_NETLINK: Final = 270
_NETLINK_CAP_ACK: Final = 10
_NETLINK_EXT_ACK: Final = 11
_SO_SNDBUFFORCE: Final = 32  # include/uapi/asm-generic/socket.h
_USUAL_ROOM: Final = 1 << 16  # bytes that one message may have on any host
RECEIVE_SIZE: Final = 1 << 17


class Request(NamedTuple):
    """One message: its type, flags and body; ``what`` it does, for the error; the errno values that are no failure."""

    type: int
    flags: int
    body: bytes
    what: str
    tolerated: tuple[int, ...] = ()


class Netlink:
    """A netlink socket of the network namespace it was opened in. Use as a context manager, or close it."""

    def __init__(self, protocol: int, namespace: str | None = None) -> None:
        """``namespace``: path of a pinned network namespace, else that of this thread."""
        if namespace is None:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        else:
            self._socket = namespaces.socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._socket.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def execute(self, *requests: Request) -> None:
        """Sends all requests at once. Each is carried out, even after one that failed; raises the first failure."""
        self.transact(requests)

    def transact(self, requests: Sequence[Request], before: bytes = b"", after: bytes = b"") -> None:
        """As ``execute``, with raw messages of sequence 0 around the requests (nfnetlink's batch begin and end).

        Each request is acknowledged by a message of its own: more than about 200 overrun the socket's buffer.
        """
        first = self._sequence + 1
        self._sequence += len(requests)
        messages = (
            message(request.type, request.flags | NLM_F_REQUEST | NLM_F_ACK, request.body, first + i)
            for i, request in enumerate(requests)
        )
        data = before + b"".join(messages) + after
        if len(data) > _USUAL_ROOM:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, len(data))  # the kernel doubles it
        self._socket.send(data)
        failures = self._acknowledgements(first, len(requests))
        for request, failure in zip(requests, failures, strict=True):
            if failure and failure.errno not in request.tolerated:
                raise OSError(failure.errno, f"{request.what}: {failure.strerror}")

    def dump(self, request: Request) -> Iterator[bytes]:
        """The bodies of all answers to a dump request, or of the one answer to a plain one."""
        self._sequence += 1
        is_dump = request.flags & NLM_F_DUMP == NLM_F_DUMP
        flags = request.flags | NLM_F_REQUEST | (0 if is_dump else NLM_F_ACK)
        self._socket.send(message(request.type, flags, request.body, self._sequence))
        for kind, _flags, sequence, body in self._received():
            if sequence != self._sequence:
                continue
            if kind in (_NLMSG_ERROR, _NLMSG_DONE):
                failure = _failure(body, 0) if len(body) >= 4 else None
                if failure and failure.errno not in request.tolerated:
                    raise OSError(failure.errno, f"{request.what}: {failure.strerror}")
                return
            yield body

    def _acknowledgements(self, first: int, count: int) -> list[OSError | None]:
        found: dict[int, OSError | None] = {}
        for kind, flags, sequence, body in self._received():
            if kind == _NLMSG_ERROR and first <= sequence < first + count:
                found.setdefault(sequence, _failure(body, flags))
            elif kind == _NLMSG_ERROR and sequence == 0 and (failure := _failure(body, flags)):
                raise failure  # the batch as a whole was refused: no more acknowledgements come
            if len(found) == count:
                break
        return [found[first + i] for i in range(count)]

    def _received(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Type, flags, sequence and body of each message that comes in, without end."""
        while True:
            yield from messages(self._socket.recv(RECEIVE_SIZE))


def message(kind: int, flags: int, body: bytes, sequence: int) -> bytes:
    """A whole message: header and body."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body + bytes(-len(body) % 4)


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Type, flags, sequence and body of each message in what was received at once."""
    offset = 0
    while offset < len(data):
        length, kind, flags, sequence, _port = _HEADER.unpack_from(data, offset)
        yield kind, flags, sequence, data[offset + _HEADER.size : offset + length]
        offset += _aligned(length)


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes. The payload may be 65531 bytes long."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute made of attributes."""
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """An attribute that holds a string, ended by a zero byte."""
    return attribute(kind, value.encode() + b"\0")


def u32(kind: int, value: int) -> bytes:
    """An attribute that holds a number in the host's byte order."""
    return attribute(kind, struct.pack("=I", value))


def parse(data: bytes) -> dict[int, bytes]:
    """The attributes in ``data`` by type; of one that repeats, the last."""
    found: dict[int, bytes] = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & _NLA_TYPE_MASK] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return found


def _failure(body: bytes, flags: int) -> OSError | None:
    """The error in an acknowledgement, with the kernel's own words where it has some; None for success."""
    (negative,) = struct.unpack_from("=i", body)
    if not negative:
        return None
    reason = os.strerror(-negative)
    if flags & _NLM_F_ACK_TLVS:
        # errno, then the header of the request (its body is left out: NETLINK_CAP_ACK), then attributes
        words = parse(body[4 + _HEADER.size :]).get(_NLMSGERR_ATTR_MSG)
        if words:
            reason += f" ({words.rstrip(bytes(1)).decode(errors='replace')})"
    return OSError(-negative, reason)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
