"""Entries for plugins: each a message of Protocol Buffers with its length before it (moby
``api/types/plugins/logdriver/entry.proto``, ``io.go``)."""

from collections.abc import Sequence

from wherry.collectors.encoding import SOURCES, Pieces, nanoseconds_of, seconds_of
from wherry.model.log import LogLine
from wherry.protowire import BYTES, VARINT, as_varint


class EntryEncoder:
    """``name`` is the container's."""

    answer = b""

    def __init__(self, name: str) -> None:
        self._pieces = Pieces(name)

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        return [len(entry).to_bytes(4) + entry for entry in map(self._entry, lines)]

    def _entry(self, line: LogLine) -> bytes:
        time = seconds_of(line) * 1_000_000_000 + nanoseconds_of(line)
        entry = _data(1, SOURCES[line.stream].encode()) + _number(2, time) + _data(3, line.data.removesuffix(b"\n"))
        piece = self._pieces.of(line)
        if piece is None:
            return entry
        told = _number(1, int(piece.is_last)) + _data(2, piece.id.encode()) + _number(3, piece.ordinal)
        return entry + _number(4, 1) + _data(5, told)


def _data(field: int, value: bytes) -> bytes:
    return as_varint(field << 3 | BYTES) + as_varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    """Zero is not told."""
    return b"" if not value else as_varint(field << 3 | VARINT) + as_varint(value)
