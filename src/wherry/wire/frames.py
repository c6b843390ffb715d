"""Frames that carry stdout and stderr of a container in one stream of bytes.

A frame is a header of 8 bytes, ``[stream, 0, 0, 0, length]`` with the length as a big-endian 32-bit number, and as many
bytes of payload (Docker Engine API, "Attach to a container", stream format).
"""

import struct
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

STDIN, STDOUT, STDERR, SYSTEM_ERROR = range(4)

_header = struct.Struct(">BxxxL").pack
_stream_of = itemgetter(0)


def frame(stream: int, payload: bytes) -> bytes:
    """One frame; ``stream`` is ``STDOUT``, ``STDERR``, …"""
    return _header(stream, len(payload)) + payload


def frames(entries: Iterable[tuple[int, bytes]]) -> bytes:
    """Frames for many ``(stream, payload)``, in order. Neighbours of one stream share a frame.

    A client holds a whole frame in memory: hand over no more at once than is good for it.
    """
    pieces: list[bytes] = []
    for stream, run in groupby(entries, _stream_of):
        payloads = [payload for _, payload in run]
        pieces.append(_header(stream, sum(map(len, payloads))))
        pieces += payloads
    return b"".join(pieces)
