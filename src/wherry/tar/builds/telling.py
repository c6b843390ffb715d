"""Packets of a client that tell of its files and bring them: the other side of `packets`."""

from __future__ import annotations

from ...go_modes import go_mode
from ...protowire import as_varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

END = bytes(5)
"""Behind the last packet that tells of a file."""

# Fields and their kinds, as they are written: of packets, of what is told of a file, of an entry of a map.
_STAT, _KIND_DATA, _NUMBER, _DATA = b"\x12", b"\x08\x02", b"\x18", b"\x22"
_PATH, _MODE, _SIZE, _TIME, _LINK = b"\x0a", b"\x10", b"\x28", b"\x30", b"\x3a"
_MAJOR, _MINOR, _XATTR = b"\x40", b"\x48", b"\x52"
_KEY, _VALUE = b"\x0a", b"\x12"


def message(content: bytes) -> bytes:
    """As gRPC frames it."""
    return b"\0" + len(content).to_bytes(4, "big") + content


def stat_packet(
    path: bytes,
    mode: int,
    size: int,
    mtime: int,
    *,
    link: bytes = b"",
    device: tuple[int, int] | None = None,
    xattrs: Mapping[bytes, bytes] = {},
) -> bytes:
    """Tells of a file, whose owner is root: ``mode`` as in stat(2), ``mtime`` in nanoseconds."""
    told = [_sized(_PATH, path), _MODE, as_varint(go_mode(mode)), _SIZE, as_varint(size), _TIME, as_varint(mtime)]
    if link:
        told.append(_sized(_LINK, link))
    if device:
        told += (_MAJOR, as_varint(device[0]), _MINOR, as_varint(device[1]))
    told += (_sized(_XATTR, _sized(_KEY, key) + _sized(_VALUE, value)) for key, value in xattrs.items())
    return message(_sized(_STAT, b"".join(told)))


def data_head(number: int, size: int) -> bytes:
    """What stands before ``size`` bytes of the file that was told of as the ``number``th; without any it has ended."""
    head = _KIND_DATA + _NUMBER + as_varint(number)
    if size:
        head += _DATA + as_varint(size)
    return b"\0" + (len(head) + size).to_bytes(4, "big") + head


def _sized(key: bytes, value: bytes) -> bytes:
    return key + as_varint(len(value)) + value
