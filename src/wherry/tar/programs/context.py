"""The process that unpacks an archive from standard input into the directory that its argument names: for builds.

The end is told as ``layer`` does, with no text if all went well.
"""

import sys

from ..compression import decompressed
from ..extract import Extractor
from ..merged import Merged
from ..stream import Stream
from .process import confine, end_with, standard_input


def main() -> None:
    end_with(_unpack)


def _unpack() -> str:
    chunks = decompressed(standard_input())
    Extractor(confine(sys.argv[1]), Stream(chunks), Merged(), whiteouts=False).run()
    return ""
