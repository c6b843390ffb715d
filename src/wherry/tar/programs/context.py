"""The process that unpacks an archive for builds.

Arguments: how its standard input goes on, as ``sent`` takes it; the directory to unpack into. The end is told as by
``layer``, with no text if all went well.
"""

import sys

from ..format.compression import decompressed
from ..format.stream import Stream
from ..layers.extract import Extractor
from ..trees.merged import Merged
from .process import confine, end_with, sent


def main() -> None:
    end_with(lambda: _unpack(*sys.argv[1:]))


def _unpack(framing: str, into: str) -> str:
    chunks = decompressed(sent(framing))
    Extractor(confine(into), Stream(chunks), Merged(), whiteouts=False).run()
    return ""
