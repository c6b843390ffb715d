"""A stream of byte chunks read as an archive wants it: exact amounts, pieces without copies, skipping."""

from collections.abc import Iterable, Iterator

from .header import BLOCK, TarError


class Stream:
    """Reads ``chunks`` (never empty ones). Running out in the middle raises ``TarError``."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0
        self._passed = 0

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._passed + self._at

    def block(self) -> bytes:
        """The next block, or nothing where the stream ends."""
        if self._at == len(self._chunk) and not self._advance():
            return b""
        return self.take(BLOCK)

    def take(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        end = self._at + count
        if end <= len(self._chunk):
            taken = self._chunk[self._at : end]
            self._at = end
            return taken
        return b"".join(self.pieces(count))

    def pieces(self, count: int) -> Iterator[memoryview]:
        """Exactly ``count`` bytes, as views of the chunks they came in."""
        while count:
            if self._at == len(self._chunk) and not self._advance():
                raise TarError("unexpected EOF")
            piece = memoryview(self._chunk)[self._at : self._at + count]
            self._at += len(piece)
            count -= len(piece)
            yield piece

    def skip(self, count: int) -> None:
        for _ in self.pieces(count):
            pass

    def pass_padding(self, count: int) -> None:
        """Skips ``count`` bytes, or none where the stream ends."""
        if self._at < len(self._chunk) or self._advance():
            self.skip(count)

    def drain(self) -> None:
        """Reads to the end of the chunks: what follows an archive belongs to its digest."""
        while self._advance():
            pass

    def _advance(self) -> bool:
        self._passed += len(self._chunk)
        self._chunk = next(self._chunks, b"")
        self._at = 0
        return bool(self._chunk)
