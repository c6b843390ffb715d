"""The packets by which a client tells of its files and sends them (fsutil's ``wire.proto`` and ``stat.proto``)."""

import stat
from enum import IntEnum
from typing import Annotated

from msgspec import Struct

from wherry.buildkit.protobuf import decode, encode
from wherry.errors import InvalidArgument
from wherry.go_modes import go_mode, unix_mode
from wherry.model.mirror import OfferedFile

_ID = (1 << 32) - 1  # the bits of a number of 32; clients that send more mean these


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
    mode = unix_mode(told.mode)
    if mode is None or stat.S_ISSOCK(mode):
        raise _no_file(told)
    return mode


def told_stat(file: OfferedFile) -> Stat:
    """What tells of a file."""
    return Stat(
        path=file.path,
        mode=go_mode(file.mode),
        uid=file.uid,
        gid=file.gid,
        size=file.size,
        mod_time=file.mtime,
        linkname=file.link,
        dev_major=file.device[0],
        dev_minor=file.device[1],
        xattrs=file.xattrs,
    )
