"""Lines → messages."""

import hashlib
import socket
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct

from wherry.model.log import LogLine

SOURCES: Final = {1: "stdout", 2: "stderr"}
HOSTNAME: Final = socket.gethostname()
"""That of the host, which is what dockerd names as the source."""


class Encoder(Protocol):
    answer: bytes
    """What the server says when it has what was encoded last; nothing if it is not asked."""

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        """Each is sent as a datagram, or after the one before it in a stream."""
        ...


def seconds_of(line: LogLine) -> int:
    """Since the epoch."""
    return int(datetime.fromisoformat(f"{line.time[:19]}+00:00").timestamp())


def nanoseconds_of(line: LogLine) -> int:
    """Of the second."""
    return int(line.time[20:29])


class Pieces:
    """Which lines are parts of one that was too long, or had no end. ``name`` makes those of a container its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cut: dict[int, tuple[str, int]] = {}  # by stream: the id of the line, and how many pieces came

    def of(self, line: LogLine) -> "Piece | None":
        """What a line is a piece of, None for a whole one. They are told in their order."""
        whole = line.data.endswith(b"\n")
        if whole and line.stream not in self._cut:
            return None
        identity, count = self._cut.pop(line.stream, (self._identity(line), 0))
        if not whole:
            self._cut[line.stream] = identity, count + 1
        return Piece(id=identity, ordinal=count + 1, is_last=whole)

    def _identity(self, line: LogLine) -> str:
        return hashlib.sha256(f"{self._name} {line.stream} {line.time}".encode()).hexdigest()


class Piece(Struct, frozen=True, kw_only=True):
    """``ordinal`` counts from 1."""

    id: str
    ordinal: int
    is_last: bool
