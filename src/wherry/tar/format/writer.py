"""Tar headers written: ustar, with a pax extended header for what does not fit there."""

import zlib

from . import pax
from .header import BLOCK

END = bytes(2 * BLOCK)

_PAX = b"x"
_MAX_OCTAL_7 = 0o7777777
_MAX_OCTAL_11 = 0o77777777777
_SECOND = 1_000_000_000


def padding(size: int) -> bytes:
    """What fills the last block of a content of this size."""
    return bytes(-size % BLOCK)


def header(
    name: bytes,
    kind: bytes,
    mode: int,
    uid: int = 0,
    gid: int = 0,
    size: int = 0,
    mtime: int = 0,
    link: bytes = b"",
    device: tuple[int, int] = (0, 0),
    xattrs: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """All blocks that stand before an entry's content. ``mtime`` is in nanoseconds."""
    seconds, fraction = divmod(mtime, _SECOND)
    records: list[tuple[bytes, bytes]] = []
    if len(name) > 100 or not name.isascii():
        records.append((b"path", name))
    if len(link) > 100 or not link.isascii():
        records.append((b"linkpath", link))
    if size > _MAX_OCTAL_11:
        records.append((b"size", b"%d" % size))
        size = 0
    if uid > _MAX_OCTAL_7:
        records.append((b"uid", b"%d" % uid))
        uid = 0
    if gid > _MAX_OCTAL_7:
        records.append((b"gid", b"%d" % gid))
        gid = 0
    if fraction or not 0 <= seconds <= _MAX_OCTAL_11:
        records.append((b"mtime", _timestamp(seconds, fraction)))
        seconds = min(max(seconds, 0), _MAX_OCTAL_11)
    records += [(pax.XATTR + key, value) for key, value in xattrs]
    block = _block(name, kind, mode, uid, gid, size, seconds, link, device)
    return _extended(records) + block if records else block


def _extended(records: list[tuple[bytes, bytes]]) -> bytes:
    if any(key in (b"path", b"linkpath") and not _is_utf8(value) for key, value in records):
        records.insert(0, (b"hdrcharset", b"BINARY"))
    body = pax.write(records)
    return _block(b"PaxHeaders", _PAX, 0o644, 0, 0, len(body), 0, b"", (0, 0)) + body + padding(len(body))


def _block(
    name: bytes,
    kind: bytes,
    mode: int,
    uid: int,
    gid: int,
    size: int,
    seconds: int,
    link: bytes,
    device: tuple[int, int],
) -> bytes:
    head = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0" % (name[:100].ljust(100, b"\0"), mode, uid, gid, size, seconds)
    tail = b"%b%bustar\x0000%b%07o\0%07o\0" % (kind, link[:100].ljust(100, b"\0"), bytes(64), *device)
    block = b"%b        %b" % (head, tail.ljust(BLOCK - len(head) - 8, b"\0"))
    # Adler-32's low half is 1 + the sum of the bytes modulo 65521, which the sum of a header never reaches.
    return b"%b%06o\0 %b" % (head, (zlib.adler32(block) & 0xFFFF) - 1, block[156:])


def _timestamp(seconds: int, fraction: int) -> bytes:
    nanoseconds = seconds * _SECOND + fraction
    whole, part = divmod(abs(nanoseconds), _SECOND)
    return b"%b%d.%09d" % (b"-" if nanoseconds < 0 else b"", whole, part)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
