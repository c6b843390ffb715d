"""Layers compressed for registries, by all processors at once.

Blocks are compressed beside each other, each with the end of the one before as its dictionary, and put together to one
stream (docs/adr/0014-compression.md). How many processors there are makes no difference to the bytes.
"""

import hashlib
import os
import struct
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from wherry.errors import CorruptLayer
from wherry.tar import pack
from wherry.tar.format.compression import decompressed
from wherry.tar.format.header import TarError

BLOCK = 1 << 18  # bytes

_LEVEL = 5
_STORED = 0  # the level that compresses nothing
_SAMPLE = 1 << 14  # bytes
_WINDOW = 1 << 15  # bytes that deflate looks back
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952: no name and no time, so the same layer gives the same bytes
_END = b"\x03\0"  # RFC 1951: an empty last block


def gzipped(source: Path, diff_id: str) -> Generator[bytes, None, None]:
    """A layer as gzip: from its directory, or from its blob, compressed in whatever way or not at all.

    CorruptLayer if the digest of the plain tar is not ``diff_id``.
    """
    digest = hashlib.sha256()
    try:
        yield from _compressed(_plain(source), digest.update)
    except TarError as error:
        raise CorruptLayer(f"layer {diff_id}: {error}") from error
    if diff_id != f"sha256:{digest.hexdigest()}":
        raise CorruptLayer(f"layer {diff_id} was changed on disk: its diff ID is sha256:{digest.hexdigest()} now")


def _compressed(chunks: Iterable[bytes], seen: Callable[[bytes], None]) -> Iterator[bytes]:
    """The chunks as gzip; ``seen`` is given what went into it, in order."""
    processors = len(os.sched_getaffinity(0))
    working: deque[Future[bytes]] = deque()
    before, checksum, size = b"", 0, 0
    with ThreadPoolExecutor(processors, "gzip") as threads:
        yield _HEAD
        for block in _blocks(chunks):
            working.append(threads.submit(_deflated, block, before))
            seen(block)
            before, checksum, size = block[-_WINDOW:], zlib.crc32(block, checksum), size + len(block)
            if len(working) > processors:
                yield working.popleft().result()
        for each in working:
            yield each.result()
    yield _END + struct.pack("<LL", checksum, size % (1 << 32))


def _deflated(block: bytes, before: bytes) -> bytes:
    """A block as whole bytes of a raw deflate stream, in which ``before`` stands before it.

    One that does not compress in its middle is stored: most of what an image has of it is compressed already.
    """
    sample = block[len(block) // 2 :][:_SAMPLE]
    level = _LEVEL if len(zlib.compress(sample, 1)) < len(sample) * 0.98 else _STORED
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=before)
    return deflate.compress(block) + deflate.flush(zlib.Z_SYNC_FLUSH)


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks in blocks of one size, but for the last."""
    ready = bytearray()
    for chunk in chunks:
        ready += chunk
        while len(ready) >= BLOCK:
            yield bytes(ready[:BLOCK])
            del ready[:BLOCK]
    if ready:
        yield bytes(ready)


def _plain(source: Path) -> Iterator[bytes]:
    return pack.diff(os.fspath(source)) if source.is_dir() else decompressed(_read(source))


def _read(blob: Path) -> Iterator[bytes]:
    with blob.open("rb") as file:
        while chunk := file.read(BLOCK):
            yield chunk
