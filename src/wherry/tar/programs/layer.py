"""The process that applies one layer: it reads the layer from standard input and can touch one directory only.

Arguments: the directory; the layer's diff ID if it is known, and the layer plain, or nothing; ``gated`` if the layers
below are not complete before the end of the connection can be read, or nothing; their directories, the uppermost first.
The end is told by exit status and one text on standard output: 0 and
``DIFF_ID SIZE ENTRIES``, 3 and what is wrong with the layer, 4 and what is wrong with this host, 6 if its disk is full
(1 and a traceback: and what is wrong with this code).

The three stages run in threads of their own, for inflating and hashing release the GIL.
"""

import hashlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator

from ..format.compression import decompressed
from ..format.stream import Stream
from ..layers.extract import Extractor
from ..trees.merged import Merged
from .process import confine, end_with, open_many_files, standard_input
from .protocol import CONNECTION

_CHUNKS_AHEAD = 16

_Chunks = queue.Queue[bytes | Exception]


def main() -> None:
    end_with(lambda: _apply(*sys.argv[1:]))


class _Gated(Merged):
    """Layers that are not looked at before they are complete."""

    def descend(self, path: bytes) -> Merged:
        os.read(CONNECTION, 1)
        return super().descend(path)


def _apply(into: str, diff_id: str, gated: str, *parents: str) -> str:
    open_many_files()
    lowers = (_Gated if gated else Merged).open(parents)
    if diff_id:
        extractor = Extractor(confine(into), Stream(standard_input()), lowers)
        extractor.run()
    else:
        chunks = decompressed(standard_input())
        extractor, diff_id = _extracted(confine(into), chunks, lowers)
    return f"{diff_id} {extractor.size} {extractor.count}"


def _extracted(root: int, chunks: Iterator[bytes], lowers: Merged) -> tuple[Extractor, str]:
    """What has applied the layer, and the layer's diff ID."""
    to_extract, to_hash = _Chunks(_CHUNKS_AHEAD), _Chunks(_CHUNKS_AHEAD)
    digest = hashlib.sha256()
    threading.Thread(target=_spread, args=(chunks, (to_extract, to_hash)), daemon=True).start()
    hasher = threading.Thread(target=_hash, args=(to_hash, digest.update), daemon=True)
    hasher.start()
    extractor = Extractor(root, Stream(_drawn(to_extract)), lowers)
    extractor.run()
    hasher.join()
    return extractor, f"sha256:{digest.hexdigest()}"


def _spread(chunks: Iterator[bytes], queues: tuple[_Chunks, ...]) -> None:
    end: bytes | Exception = b""
    try:
        for chunk in chunks:
            for each in queues:
                each.put(chunk)
    except Exception as error:  # noqa: BLE001 - raised again where the chunks are drawn
        end = error
    for each in queues:
        each.put(end)


def _hash(chunks: _Chunks, update: Callable[[bytes], None]) -> None:
    while isinstance(chunk := chunks.get(), bytes) and chunk:
        update(chunk)


def _drawn(chunks: _Chunks) -> Iterator[bytes]:
    while chunk := chunks.get():
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk
