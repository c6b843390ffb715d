"""Lines → messages."""

import socket
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from wherry.model.log import LogLine

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
