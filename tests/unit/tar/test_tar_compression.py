"""Compressed streams told by their head and inflated piece by piece."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator

import pytest
import zstandard

from wherry.tar.format.compression import PIECE, decompressed, sniff
from wherry.tar.format.header import TarError

Compress = Callable[[bytes], bytes]
CODECS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
TEXT = b"some text, " * 20_000 + os.urandom(50_000)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def inflate(data: bytes, size: int = 4096) -> bytes:
    return b"".join(decompressed(cut(data, size)))


@pytest.fixture(params=CODECS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def compress(name: str) -> Compress:
    return CODECS[name]


def test_the_head_tells(name: str, compress: Compress) -> None:
    assert sniff(compress(b"")) == name


@pytest.mark.parametrize("head", [b"", b"\x1f", b"etc/passwd\0", b"BZ", b"\0" * 100])
def test_other_heads_are_plain(head: bytes) -> None:
    assert sniff(head) is None
    assert inflate(head) == head


@pytest.mark.parametrize("size", [1, 5, 4096, 1 << 20])
def test_inflating(compress: Compress, size: int) -> None:
    text = TEXT if size > 5 else TEXT[-3000:]

    assert inflate(compress(text), size) == text


def test_nothing_compressed_is_nothing(compress: Compress) -> None:
    assert inflate(compress(b"")) == b""


@pytest.mark.parametrize("size", [7, 4096, 1 << 20])
def test_several_members_follow_one_another(compress: Compress, size: int) -> None:
    members = compress(b"first, ") + compress(b"") + compress(TEXT) + compress(b"last")

    assert inflate(members, size) == b"first, " + TEXT + b"last"


def test_zeros_may_fill_the_end(compress: Compress) -> None:
    assert inflate(compress(TEXT) + bytes(10_000)) == TEXT


def test_a_stream_that_ends_early(compress: Compress) -> None:
    data = compress(TEXT)

    for end in (8, len(data) // 2, len(data) - 1):
        with pytest.raises(TarError, match=r"^unexpected EOF$"):
            inflate(data[:end])


def test_a_second_member_that_ends_early(compress: Compress) -> None:
    with pytest.raises(TarError, match=r"^unexpected EOF$"):
        inflate(compress(TEXT) + compress(TEXT)[:-1])


def test_damage(name: str, compress: Compress) -> None:
    data = bytearray(compress(TEXT))
    data[len(data) // 2] ^= 0x10

    with pytest.raises(TarError, match=f"^{name}: "):
        inflate(bytes(data))


def test_rubbish_behind(name: str, compress: Compress) -> None:
    with pytest.raises(TarError, match=f"^{name}: "):
        inflate(compress(TEXT) + b"rubbish" * 20)


def test_a_bomb_goes_off_slowly(compress: Compress) -> None:
    bomb = compress(bytes(20 << 20))

    pieces = decompressed(cut(bomb, 1 << 18))
    sizes = [len(piece) for piece in pieces]
    assert sum(sizes) == 20 << 20
    assert max(sizes) <= PIECE
    assert len(bomb) < 30_000


def test_a_stream_that_asks_for_all_memory() -> None:
    data = bytearray(lzma.compress(TEXT))
    header, size = 12, (data[12] + 1) * 4
    at = data.index(b"\x21\x01", header)  # LZMA2, and one byte that says how large its dictionary is
    data[at + 2] = 40
    data[header + size - 4 : header + size] = zlib.crc32(data[header : header + size - 4]).to_bytes(4, "little")

    with pytest.raises(TarError, match=r"^xz: Memory usage limit exceeded$"):
        inflate(bytes(data))
