"""Layers compressed for registries."""

import hashlib
import os
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

from wherry.errors import CorruptLayer
from wherry.tar import pack
from wherry.tar.compression import decompressed
from wherry.tar.header import TarError

LEVEL = 6
CHUNK = 1 << 18  # bytes, about, of what is read and of what is yielded
_FORM = 16 + zlib.MAX_WBITS  # gzip, whose head has no name and no time: the same layer gives the same bytes


def gzipped(source: Path, diff_id: str) -> Generator[bytes, None, None]:
    """A layer as gzip: from its directory, or from its blob, compressed in whatever way or not at all.

    By zlib and not by isal, which is faster: the bytes that isal makes depend on the processor. CorruptLayer if the
    digest of the plain tar is not ``diff_id``.
    """
    deflate, digest = zlib.compressobj(LEVEL, zlib.DEFLATED, _FORM), hashlib.sha256()
    ready = bytearray()
    try:
        for chunk in pack.diff(os.fspath(source)) if source.is_dir() else decompressed(_read(source)):
            digest.update(chunk)
            ready += deflate.compress(chunk)
            if len(ready) >= CHUNK:
                yield bytes(ready)
                ready.clear()
    except TarError as error:
        raise CorruptLayer(f"layer {diff_id}: {error}") from error
    if diff_id != f"sha256:{digest.hexdigest()}":
        raise CorruptLayer(f"layer {diff_id} was changed on disk: its diff ID is sha256:{digest.hexdigest()} now")
    yield bytes(ready) + deflate.flush()


def _read(blob: Path) -> Iterator[bytes]:
    with blob.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
