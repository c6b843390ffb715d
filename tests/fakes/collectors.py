"""Collectors of logs that are there, or not."""

import asyncio
from collections.abc import Sequence

from wherry.errors import InternalError
from wherry.model.collector import Collector
from wherry.model.log import LogLine


class FakeCollectors:
    """``received`` is what came, ``reachable`` whether somebody listens, ``hangs`` whether nobody reads."""

    def __init__(self) -> None:
        self.received: list[LogLine] = []
        self.reachable = True
        self.hangs = False
        self.connections = 0

    async def connect(self, collector: Collector) -> "FakeConnection":
        if not self.reachable:
            address = f"{collector.address.host}:{collector.address.port}"
            raise InternalError(f"dial tcp {address}: connect: connection refused")
        self.connections += 1
        return FakeConnection(self)


class FakeConnection:
    def __init__(self, collectors: FakeCollectors) -> None:
        self._collectors = collectors

    async def send(self, lines: Sequence[LogLine]) -> None:
        if not self._collectors.reachable:
            raise ConnectionResetError("the collector is gone")
        if self._collectors.hangs:
            await asyncio.Event().wait()
        self._collectors.received += lines

    def close(self) -> None:
        self._collectors.connections -= 1
