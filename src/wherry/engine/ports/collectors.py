"""Servers to which lines of logs are forwarded."""

from collections.abc import Sequence
from typing import Protocol

from wherry.model.collector import Collector
from wherry.model.log import LogLine


class CollectorConnection(Protocol):
    """To be closed."""

    async def send(self, lines: Sequence[LogLine]) -> None:
        """Hand over lines, in order. Done when the kernel has them, or the server where it says so. OSError."""
        ...

    def close(self) -> None:
        """At once, whatever it is doing."""
        ...


class Collectors(Protocol):
    async def connect(self, collector: Collector) -> CollectorConnection:
        """InternalError, with Go's text, if it cannot be reached."""
        ...
