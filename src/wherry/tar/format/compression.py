"""Telling how a stream is compressed by its first bytes, and inflating it in bounded pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from .header import TarError

TYPE_CHECKING = False  # typing's own costs a starting process 5 ms
if TYPE_CHECKING:
    from typing import Protocol

    class Member(Protocol):
        """One compressed member, as ``bz2.BZ2Decompressor`` has it."""

        @property
        def eof(self) -> bool: ...
        @property
        def needs_input(self) -> bool: ...
        @property
        def unused_data(self) -> bytes: ...
        def decompress(self, data: bytes, max_length: int) -> bytes: ...


_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
PIECE = 1 << 20  # bytes of one inflated chunk at most, whatever the ratio: a bomb must not fill memory
_XZ_MEMORY = 256 << 20  # bytes; xz -9 needs 65 MiB, and a stream may ask for 4 GiB

_LONGEST_MAGIC = max(map(len, _MAGIC))


def sniff(head: bytes) -> str | None:
    """The name of the compression that a stream with this head has, or None for plain bytes."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def prepare() -> None:
    """Import all that inflates: for a process that will not find it where it goes before it knows what it needs."""
    for name in _MAGIC.values():
        _codec(name)


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The plain bytes of a stream of unknown compression.

    The head is read and what inflates it imported here, before the first chunk is asked for: afterwards the
    process may leave the file system that holds its modules. The iterator raises ``TarError`` where the
    compressed data is broken or ends early.
    """
    head = b""
    while len(head) < _LONGEST_MAGIC and (chunk := next(chunks, b"")):
        head += chunk
    whole = chain((head,) if head else (), chunks)
    name = sniff(head)
    if name is None:
        return whole
    start, failure = _codec(name)
    return _inflate(whole, name, start, failure)


def _codec(name: str) -> tuple[Callable[[], Member], type[Exception]]:
    # Imported where needed: each of these costs a starting process one to seven milliseconds.
    if name == "gzip":
        from isal import igzip_lib

        # The stub takes the class for an instance.
        failure: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]
        return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), failure
    if name == "bzip2":
        import bz2

        return bz2.BZ2Decompressor, OSError
    if name == "xz":
        import lzma

        return lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY), lzma.LZMAError
    import zstandard

    return ZstdFrame, zstandard.ZstdError


def _inflate(
    chunks: Iterator[bytes], name: str, start: Callable[[], Member], failure: type[Exception]
) -> Iterator[bytes]:
    """All members of a stream of several, and the zeros that may pad its end."""
    member: Member | None = None
    data = b""
    for chunk in chunks:
        data += chunk
        while data or (member and not member.needs_input):
            if member is None:
                data = data.lstrip(b"\0")
                if not data:
                    break
                member = start()
            try:
                piece = member.decompress(data, PIECE)
            except failure as error:
                raise TarError(f"{name}: {error}") from error
            data = b""
            if member.eof:
                data, member = member.unused_data, None
            if piece:
                yield piece
    if member:
        raise TarError("unexpected EOF")


class ZstdFrame:
    """A zstd frame as a ``Member``.

    The library does not bound what it makes of its input, so it gets little at a time: 1 KiB can hold 256
    blocks of 128 KiB.
    """

    _SLICE = 1 << 10
    _ENOUGH = 1 << 18

    def __init__(self) -> None:
        import zstandard

        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._data = b""
        self._made = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof and not self._made

    @property
    def needs_input(self) -> bool:
        return not (self._data or self._made or self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + self._data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        self._data += data
        if not self._made:
            self._made = self._inflate()
        piece, self._made = self._made[:max_length], self._made[max_length:]
        return piece

    def _inflate(self) -> bytes:
        at, made, parts = 0, 0, []
        while at < len(self._data) and made < self._ENOUGH and not self._frame.eof:
            part = self._frame.decompress(self._data[at : at + self._SLICE])
            at += self._SLICE
            made += len(part)
            parts.append(part)
        self._data = self._data[at:]
        return b"".join(parts)
