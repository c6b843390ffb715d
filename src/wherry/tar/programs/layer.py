"""The process that applies one layer: it reads the layer from standard input and can touch one directory only.

Arguments: the directory; the layer's diff ID if it is known, and the layer plain, or nothing; ``gated`` if the layers
below are not complete before the end of the connection can be read, or nothing; their directories, the uppermost first.
The end is told by exit status and one text on standard output: 0 and
``DIFF_ID SIZE ENTRIES``, 3 and what is wrong with the layer, 4 and what is wrong with this host, 6 if its disk is full
(1 and a traceback: and what is wrong with this code).

Of a layer that is not small, reading and inflating have a thread, and hashing has one, for they release the GIL; as far
as threads are to be had.
"""

import os
import sys
from collections.abc import Iterator

from ...hashing import Hasher
from ..ahead import drawn_ahead
from ..format.compression import decompressed
from ..format.stream import Stream
from ..layers.extract import Extractor
from ..trees.merged import Merged
from .process import confine, end_with, open_many_files, standard_input
from .protocol import CONNECTION


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
    hasher = Hasher()
    extractor = Extractor(root, Stream(_hashed(drawn_ahead(chunks), hasher)), lowers)
    extractor.run()
    return extractor, f"sha256:{hasher.hexdigest()}"


def _hashed(chunks: Iterator[bytes], hasher: Hasher) -> Iterator[bytes]:
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
