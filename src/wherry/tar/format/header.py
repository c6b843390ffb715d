"""One 512-byte header block in any of its dialects (V7, ustar, star, GNU) as an ``Entry``."""

import struct
import zlib

BLOCK = 512
MAX_NAME = 4096  # PATH_MAX: what a system call would take

REGULAR, HARDLINK, SYMLINK, CHARACTER, BLOCKDEV, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
GNU_SPARSE = b"S"
WITHOUT_CONTENT = frozenset((HARDLINK, SYMLINK, CHARACTER, BLOCKDEV, DIRECTORY, FIFO))

_FIELDS = struct.Struct("100s8s8s8s12s12s8sc100s6s66x8s8s155s8x4s")
_MAX_ID = 0xFFFFFFFE  # 0xFFFFFFFF tells chown(2) to leave an owner as it is
_MAX_SIZE = (1 << 63) - 1
_MAX_MTIME = (1 << 63) // 1_000_000_000
_ADLER = 65521


class TarError(Exception):
    """The archive is broken, or asks for what must not be done."""


class Entry:
    """One member of an archive, whatever dialect told it.

    ``size`` is the length of the file in bytes, ``stored`` how many of them the archive holds (fewer for a
    sparse file, whose ``segments`` are ``(offset, length)``), ``mtime`` is in nanoseconds, ``device`` is
    ``(major, minor)``.
    """

    __slots__ = (
        "device",
        "gid",
        "kind",
        "link",
        "mode",
        "mtime",
        "name",
        "segments",
        "size",
        "stored",
        "uid",
        "xattrs",
    )

    name: bytes
    link: bytes
    kind: bytes
    mode: int
    uid: int
    gid: int
    size: int
    stored: int
    mtime: int
    device: tuple[int, int]
    xattrs: dict[bytes, bytes]
    segments: list[tuple[int, int]] | None


def parse(block: bytes) -> Entry:
    """The entry that a header block describes; what extended headers say is not in it yet.

    Raises ``TarError`` for a wrong checksum or a field that is no number.
    """
    name, mode, uid, gid, size, mtime, checksum, kind, link, magic, major, minor, prefix, star = _FIELDS.unpack(block)
    _verify(block, checksum)
    entry = Entry()
    entry.name = name.partition(b"\0")[0]
    if magic == b"ustar\0" and prefix[0]:
        entry.name = (prefix[:131] if star == b"tar\0" else prefix).partition(b"\0")[0] + b"/" + entry.name
    entry.link = link.partition(b"\0")[0]
    entry.kind = _kind(kind, entry.name)
    entry.mode = number(mode) & 0o7777
    entry.uid, entry.gid = checked_id(number(uid)), checked_id(number(gid))
    entry.size = checked_size(number(size))
    entry.stored = 0 if entry.kind in WITHOUT_CONTENT else entry.size
    entry.mtime = checked_mtime(number(mtime) * 1_000_000_000)
    entry.device = (number(major), number(minor)) if kind in (CHARACTER, BLOCKDEV) else (0, 0)
    if max(entry.device) > 0xFFFFFFFF or min(entry.device) < 0:
        raise TarError("archive/tar: invalid tar header: device number out of range")
    entry.xattrs = {}
    entry.segments = None
    return entry


def _kind(flag: bytes, name: bytes) -> bytes:
    if flag == b"\0":
        return DIRECTORY if name.endswith(b"/") else REGULAR
    return REGULAR if flag == b"7" else flag


def number(field: bytes) -> int:
    """A header's number: octal text, or base-256 where the top bit is set (GNU, negative ones too)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    text = field.strip(b" \0").partition(b"\0")[0]
    if not text:
        return 0
    try:
        if text.isdigit():
            return int(text, 8)
    except ValueError:  # an 8 or a 9
        pass
    raise TarError("archive/tar: invalid tar header")


def checked_id(value: int) -> int:
    if not 0 <= value <= _MAX_ID:
        raise TarError(f"archive/tar: invalid tar header: owner {value} out of range")
    return value


def checked_size(value: int) -> int:
    if not 0 <= value <= _MAX_SIZE:
        raise TarError(f"archive/tar: invalid tar header: size {value} out of range")
    return value


def checked_mtime(value: int) -> int:
    """Nanoseconds; what lies before 1970 or beyond the system's range becomes 0, as Docker has it."""
    return value if 0 <= value < _MAX_MTIME * 1_000_000_000 else 0


def _verify(block: bytes, checksum: bytes) -> None:
    # Adler-32's low half is 1 + the sum of the bytes, modulo 65521: ten times faster than sum(block).
    expected = number(checksum)
    rest = expected - 8 * 0x20 + sum(checksum)
    if ((zlib.adler32(block) & 0xFFFF) - 1 - rest) % _ADLER and _signed_sum(block) != expected:
        raise TarError("archive/tar: invalid tar header")


def _signed_sum(block: bytes) -> int:
    """The checksum as some old writers made it: of signed characters."""
    signed: tuple[int, ...] = struct.unpack("148b8x356b", block)
    return sum(signed) + 8 * 0x20
