"""Small pieces joined to chunks: every chunk costs its consumer a wake-up."""

from collections.abc import Generator, Iterable
from itertools import groupby

from ..spans import SPAN, Span

CHUNK = 1 << 18  # bytes, about, of what the iterators yield

Piece = bytes | Span


def batched(pieces: Iterable[Piece]) -> Generator[bytes, None, None]:
    """The bytes of the pieces."""
    parts: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            parts.append(bytes(piece))
            size += len(piece)
            if size >= CHUNK:
                yield b"".join(parts)
                parts.clear()
                size = 0
        if parts:
            yield b"".join(parts)
    finally:
        del pieces  # and close its files: Python 3.12 would keep it in a generator that was closed between two chunks


def with_spans(pieces: Iterable[Piece]) -> Generator[Piece, None, None]:
    """The same, but spans that are large stay what they are: each to be used before the next piece is asked for."""
    for large, run in groupby(pieces, lambda piece: isinstance(piece, Span) and len(piece) == SPAN):
        if large:
            yield from run
        else:
            yield from batched(run)
