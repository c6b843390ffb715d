"""Packets with the contents of files, as a client of a build sends them."""

import pytest

from wherry.buildkit.offers.fsutil import Packet, PacketType, Stat
from wherry.buildkit.protobuf import encode
from wherry.tar.builds.packets import DATA, ERROR, packet
from wherry.tar.format.header import TarError
from wherry.tar.format.stream import Stream


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


def in_pieces(data: bytes, size: int) -> Stream:
    return Stream(data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_packets_come_in_any_pieces(size: int) -> None:
    sent = (
        Packet(type=PacketType.DATA, id=300, data=bytes(1000)),
        Packet(type=PacketType.DATA),
        Packet(type=PacketType.ERR, data=b"gone"),
    )
    stream = in_pieces(b"".join(framed(encode(each)) for each in sent), size)
    received = [packet(stream) for _ in sent]
    assert received == [(DATA, 300, bytes(1000)), (DATA, 0, b""), (ERROR, 0, b"gone")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\1\0\0\0\0", "a message that cannot be read"),
        (b"\0\xff\0\0\0", "a message that cannot be read"),
        (framed(encode(Packet(type=PacketType.DATA, data=b"abc")))[:-1], "unexpected EOF"),
        (framed(b"\x22\x05abc"), "malformed packet: unexpected EOF"),
        (framed(b"\x18"), "malformed packet"),
        (framed(b"\x20\x01"), "a field of another type"),
        (framed(b"\x1a\x01a"), "a field of another type"),
    ],
    ids=["compressed", "too long", "cut off", "too short for its data", "no value", "a number as data", "no number"],
)
def test_what_is_no_packet_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(TarError, match=text):
        packet(in_pieces(data, 4096))


def test_other_packets_have_their_kind() -> None:
    kind, _, _ = packet(in_pieces(framed(encode(Packet(stat=Stat(path=b"file")))), 4096))
    assert kind not in (DATA, ERROR)
