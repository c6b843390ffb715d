"""The packets by which a client tells of its files and sends them (fsutil's ``wire.proto`` and ``stat.proto``)."""

import stat
from enum import IntEnum
from typing import Annotated

from msgspec import Struct

from wherry.buildkit.protobuf import decode, encode
from wherry.errors import InvalidArgument
from wherry.model.mirror import OfferedFile

_PERMISSIONS = 0o777
_ID = (1 << 32) - 1  # the bits of a number of 32; clients that send more mean these
_KINDS = {  # of Go's os.FileMode
    0: stat.S_IFREG,
    1 << 31: stat.S_IFDIR,
    1 << 27: stat.S_IFLNK,
    1 << 26: stat.S_IFBLK,
    1 << 26 | 1 << 21: stat.S_IFCHR,
    1 << 25: stat.S_IFIFO,
}
_KIND_MASK = 1 << 31 | 1 << 27 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19
_BITS = {1 << 23: stat.S_ISUID, 1 << 22: stat.S_ISGID, 1 << 20: stat.S_ISVTX}


class PacketType(IntEnum):
    STAT = 0
    REQ = 1
    DATA = 2
    FIN = 3
    ERR = 4


class Stat(Struct, frozen=True, kw_only=True):
    """``mode`` is Go's os.FileMode, ``mod_time`` in nanoseconds since the epoch."""

    path: Annotated[bytes, 1] = b""
    mode: Annotated[int, 2] = 0
    uid: Annotated[int, 3] = 0
    gid: Annotated[int, 4] = 0
    size: Annotated[int, 5] = 0
    mod_time: Annotated[int, 6] = 0
    linkname: Annotated[bytes, 7] = b""
    dev_major: Annotated[int, 8] = 0
    dev_minor: Annotated[int, 9] = 0
    xattrs: Annotated[dict[str, bytes], 10] = {}


class Packet(Struct, frozen=True, kw_only=True):
    """``id`` counts a client's STAT packets from 0. STAT without ``stat`` is the end of them, DATA without ``data`` of
    one file; ERR has its text in ``data``."""

    type: Annotated[PacketType, 1] = PacketType.STAT
    stat: Annotated[Stat | None, 2] = None
    id: Annotated[int, 3] = 0
    data: Annotated[bytes, 4] = b""


FIN = encode(Packet(type=PacketType.FIN))


def request(number: int) -> bytes:
    """The packet that asks for a file."""
    return encode(Packet(type=PacketType.REQ, id=number))


def offered_file(message: bytes) -> OfferedFile:
    """What a STAT packet tells. InvalidArgument for what is no file."""
    told = decode(Packet, message).stat or Stat()
    _check(told)
    return OfferedFile(
        path=told.path,
        mode=_mode(told),
        uid=told.uid & _ID,
        gid=told.gid & _ID,
        size=told.size,
        mtime=told.mod_time,
        link=told.linkname,
        device=(told.dev_major, told.dev_minor),
        xattrs=told.xattrs,
    )


def _check(told: Stat) -> None:
    """What no file of Linux has."""
    has_nul = b"\0" in told.linkname or any("\0" in name for name in told.xattrs)
    if has_nul or not (0 <= told.dev_major <= _ID and 0 <= told.dev_minor <= _ID):
        raise _no_file(told)


def _no_file(told: Stat) -> InvalidArgument:
    return InvalidArgument(f"{told.path.decode('utf-8', 'replace')!r} is no file that can be sent")


def _mode(told: Stat) -> int:
    kind = _KINDS.get(told.mode & _KIND_MASK)
    if kind is None:
        raise _no_file(told)
    bits = sum(bit for flag, bit in _BITS.items() if told.mode & flag)
    return kind | bits | told.mode & _PERMISSIONS


def told_stat(file: OfferedFile) -> Stat:
    """What tells of a file."""
    kind = next(kind for kind, own in _KINDS.items() if own == stat.S_IFMT(file.mode))
    flags = sum(flag for flag, bit in _BITS.items() if file.mode & bit)
    return Stat(
        path=file.path,
        mode=kind | flags | file.mode & _PERMISSIONS,
        uid=file.uid,
        gid=file.gid,
        size=file.size,
        mod_time=file.mtime,
        linkname=file.link,
        dev_major=file.device[0],
        dev_minor=file.device[1],
        xattrs=file.xattrs,
    )
