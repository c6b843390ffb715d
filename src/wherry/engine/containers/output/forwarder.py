"""One log on its way to its collector."""

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path

from wherry.engine.ports import Clock, CollectorConnection, Collectors, Logs
from wherry.errors import WherryError
from wherry.model.collector import Collector, CollectorAddress
from wherry.model.log import LogLine
from wherry.plan.logs.collectors import retry_delay

_log = logging.getLogger(__name__)


class Forwarder:
    """Sends one log, and tries again for as long as it takes. ``connection`` is for the first lines, if there is
    one."""

    def __init__(
        self,
        collector: Collector,
        path: Path,
        connection: CollectorConnection | None,
        *,
        logs: Logs,
        collectors: Collectors,
        clock: Clock,
    ) -> None:
        self._collector = collector
        self._path = path
        self._connection = connection
        self._logs = logs
        self._collectors = collectors
        self._clock = clock
        self._failures = 0
        self._failed = asyncio.Event()
        self._ended = asyncio.get_running_loop().create_future()
        self.task = asyncio.get_running_loop().create_task(self._run())

    @property
    def address(self) -> CollectorAddress:
        return self._collector.address

    @property
    def is_at_work(self) -> bool:
        return not self.task.done()

    @property
    def has_failed(self) -> bool:
        """Whether the collector did not take what was sent last."""
        return self._failed.is_set()

    def begin(self) -> None:
        """The log grows again."""
        if self._ended.done():
            self._ended = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        """It grows no more."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def finish(self, patience: float) -> bool:
        """Wait until all is sent, or the collector has not taken it; then stop. False if it neither took nor refused it
        for ``patience`` seconds."""
        failed = asyncio.ensure_future(self._failed.wait())
        done, _ = await asyncio.wait((self.task, failed), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        await self.stop()
        return bool(done)

    async def stop(self) -> None:
        self.close()
        await asyncio.wait((self.task,))

    def close(self) -> None:
        """Stop, and be not waited for."""
        self.task.cancel()

    async def _run(self) -> None:
        try:
            while await self._attempt():
                await self._clock.sleep(retry_delay(self._collector.retry, self._failures))
        finally:
            self._disconnect()

    async def _attempt(self) -> bool:
        """Whether another is needed."""
        try:
            ended: asyncio.Future[None] | None = None
            while ended is not self._ended:  # it began again meanwhile
                ended = self._ended
                async with aclosing(self._logs.unforwarded(self._path, ended)) as batches:
                    async for lines in batches:
                        await self._send(lines)
        except (WherryError, OSError) as error:
            self._note_failure(error)
            return True
        return False

    async def _send(self, lines: list[LogLine]) -> None:
        if self._connection is None:
            self._connection = await self._collectors.connect(self._collector)
        await self._connection.send(lines)
        self._failures = 0
        self._failed.clear()

    def _note_failure(self, error: Exception) -> None:
        if not self._failures:
            _log.warning("log %s: it is forwarded when its collector can be reached: %s", self._path.name, error)
        self._failures += 1
        self._failed.set()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
