"""Frames that carry stdout and stderr of a container in one stream of bytes.

A frame is a header of 8 bytes, ``[stream, 0, 0, 0, length]`` with the length as a big-endian 32-bit number, and as many
bytes of payload (Docker Engine API, "Attach to a container", stream format).
"""

import struct

STDIN, STDOUT, STDERR, SYSTEM_ERROR = range(4)

_header = struct.Struct(">BxxxL").pack


def frame(stream: int, payload: bytes) -> bytes:
    """One frame; ``stream`` is ``STDOUT``, ``STDERR``, …"""
    return _header(stream, len(payload)) + payload
