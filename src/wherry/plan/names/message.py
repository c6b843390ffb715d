"""DNS messages: a query read, an answer written.

Only the header, the question and the EDNS record of a query are read. Sources: RFC 1035, 6891 (EDNS).
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

_HEADER: Final = struct.Struct(">6H")  # id, flags, questions, answers, authorities, additional
_QUESTION: Final = struct.Struct(">HH")  # type, class
_RECORD: Final = struct.Struct(">HHIH")  # type, class, time to live, length of the data
_RESPONSE: Final = 0x8000
_OPCODE: Final = 0x7800
_TRUNCATED: Final = 0x0200
_RECURSION_DESIRED: Final = 0x0100
_RECURSION_AVAILABLE: Final = 0x0080
_CODE: Final = 0x000F
_INTERNET: Final = 1
_OPT: Final = 41
_QUESTION_NAME: Final = 0xC000 | _HEADER.size  # a pointer to the name that was asked for
_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 255
_TIME_TO_LIVE: Final = 600  # seconds, as Docker's
_SMALLEST_LIMIT, _LARGEST_LIMIT = 512, 4096  # bytes of an answer by datagram
_LARGEST_STREAMED: Final = 65535


class Kind(IntEnum):
    """Types of records that are answered here."""

    A = 1
    PTR = 12
    AAAA = 28


class Code(IntEnum):
    """What came of a query."""

    SUCCESS = 0
    MALFORMED = 1
    SERVER_FAILURE = 2
    NO_SUCH_NAME = 3
    NOT_IMPLEMENTED = 4


class Query(Struct, frozen=True, kw_only=True):
    """A question. ``name`` is in lower case, without the last dot; ``question`` is as it was sent, for the answer.

    ``kind`` is 0 for a class other than the internet's. ``limit``: bytes that an answer may have. ``problem``: why it
    cannot be understood.
    """

    id: int
    recursion_desired: bool = False
    name: str = ""
    kind: int = 0
    question: bytes = b""
    has_edns: bool = False
    limit: int = _SMALLEST_LIMIT
    problem: Code = Code.SUCCESS


def read(packet: bytes, *, streamed: bool) -> Query | None:
    """The query in a packet; None for what is none and deserves no answer, such as another answer."""
    if len(packet) < _HEADER.size:
        return None
    number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(packet)
    if flags & _RESPONSE:
        return None
    if flags & _OPCODE:
        return Query(id=number, problem=Code.NOT_IMPLEMENTED)
    found = _name(packet, _HEADER.size) if questions == 1 else None
    if found is None or found[1] + _QUESTION.size > len(packet):
        return Query(id=number, problem=Code.MALFORMED)
    name, end = found
    kind, class_ = _QUESTION.unpack_from(packet, end)
    end += _QUESTION.size
    edns = _edns_limit(packet, end) if additional and not answers and not authorities else None
    return Query(
        id=number,
        recursion_desired=bool(flags & _RECURSION_DESIRED),
        name=name,
        kind=kind if class_ == _INTERNET else 0,
        question=packet[_HEADER.size : end],
        has_edns=edns is not None,
        limit=_LARGEST_STREAMED if streamed else min(max(edns or 0, _SMALLEST_LIMIT), _LARGEST_LIMIT),
    )


def answer(query: Query, data: tuple[bytes, ...] = (), code: Code = Code.SUCCESS) -> bytes:
    """An answer with one record of the asked kind for each of ``data``; what does not fit is cut off, and told so."""
    tail = b"\0" + _RECORD.pack(_OPT, _LARGEST_LIMIT, 0, 0) if query.has_edns else b""
    room = query.limit - _HEADER.size - len(query.question) - len(tail)
    records = list(_fitting(query.kind, data, room))
    flags = _RESPONSE | _RECURSION_AVAILABLE | code
    flags |= _RECURSION_DESIRED if query.recursion_desired else 0
    flags |= _TRUNCATED if len(records) < len(data) else 0
    head = _HEADER.pack(query.id, flags, 1 if query.question else 0, len(records), 0, 1 if tail else 0)
    return b"".join((head, query.question, *records, tail))


def is_answer_to(packet: bytes, query: Query) -> bool:
    """Whether a packet answers the query: servers may be asked by many, and others may pretend to be one."""
    if len(packet) < _HEADER.size:
        return False
    number, flags, questions, *_counts = _HEADER.unpack_from(packet)
    question = packet[_HEADER.size : _HEADER.size + len(query.question)]
    if number != query.id or not flags & _RESPONSE:
        return False
    return question.lower() == query.question.lower() if questions else bool(flags & _CODE)


def settles(packet: bytes) -> bool:
    """Whether an answer of a server is the answer: after any other failure the next server is asked."""
    (_number, flags) = struct.unpack_from(">HH", packet)
    return flags & _CODE in (Code.SUCCESS, Code.NO_SUCH_NAME)


def address_data(address: str) -> bytes:
    """The data of an A or AAAA record."""
    return ip_address(address).packed


def name_data(name: str) -> bytes | None:
    """The data of a PTR record; None for a name that DNS cannot say."""
    labels = [label.encode() for label in name.split(".")]
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        return None
    data = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return data if len(data) <= _LONGEST_NAME else None


def _name(packet: bytes, start: int) -> tuple[str, int] | None:
    """A name, and where it ends; None if it is malformed. In a question nothing is there yet to point to."""
    labels: list[str] = []
    offset = start
    while offset < len(packet):
        length = packet[offset]
        offset += 1
        if not length:
            return ".".join(labels), offset
        if length > _LONGEST_LABEL or offset + length - start >= _LONGEST_NAME:
            return None
        labels.append(packet[offset : offset + length].decode("ascii", "backslashreplace").lower())
        offset += length
    return None


def _edns_limit(packet: bytes, offset: int) -> int | None:
    """How long an answer may be by the EDNS record at ``offset``; None if there is none."""
    if offset + 1 + _RECORD.size > len(packet) or packet[offset]:
        return None
    kind, size, _flags, _length = _RECORD.unpack_from(packet, offset + 1)
    return int(size) if kind == _OPT else None


def _fitting(kind: int, data: tuple[bytes, ...], room: int) -> Iterator[bytes]:
    for each in data:
        record = struct.pack(">H", _QUESTION_NAME) + _RECORD.pack(kind, _INTERNET, _TIME_TO_LIVE, len(each)) + each
        room -= len(record)
        if room < 0:
            return
        yield record
