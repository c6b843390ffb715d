"""Logs that go to a server, too: read from the file that the monitor writes, so that neither a server that hangs nor
the engine's death touches the container (docs/adr/0025-forwarded-logs.md)."""

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path

from wherry.engine.ports import Clock, CollectorConnection, Collectors, ContainerFiles, Logs
from wherry.errors import InternalError, WherryError
from wherry.model.collector import Collector
from wherry.model.container import Container
from wherry.model.log import LogLine
from wherry.plan.logs import collectors as plan
from wherry.plan.logs.refusals import refusal

_log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds; dockerd's, when a container ends (loggerCloseTimeout)


class LogForwarding:
    """A forwarder for each container that has a collector, from its start until all it said has been sent."""

    def __init__(self, *, files: ContainerFiles, logs: Logs, collectors: Collectors, clock: Clock) -> None:
        self._files = files
        self._logs = logs
        self._collectors = collectors
        self._clock = clock
        self._forwarders: dict[str, Forwarder] = {}

    async def connect(self, container: Container) -> None:
        """Before a user's start: InternalError if the collector cannot be reached."""
        collector = plan.collector(container)
        if collector is None or collector.lazy or container.id in self._forwarders:
            return
        try:
            connection = await self._collectors.connect(collector)
        except WherryError as error:
            raise refusal(error) from None
        self._forwarder(container.id, collector).begin(connection)

    def begin(self, container: Container) -> None:
        """See to the log of a container that runs."""
        try:
            collector = plan.collector(container)
        except InternalError:
            return  # it has said nothing: its start was refused for the same reason
        if collector is not None:
            self._forwarder(container.id, collector).begin()

    def end(self, container_id: str) -> None:
        """The log grows no more: what is left is sent. Idempotent."""
        if container_id in self._forwarders:
            self._forwarders[container_id].end()

    def resume(self, container: Container) -> None:
        """Send what a container said that does not run any more, and what nobody has sent yet."""
        self.begin(container)
        self.end(container.id)

    async def finish(self, container: Container) -> None:
        """The log is about to be removed: send what is left while the collector takes it, for ``_PATIENCE``."""
        self.resume(container)
        if container.id in self._forwarders:
            await self._forwarders[container.id].finish()

    def close(self) -> None:
        """The engine ends: the next goes on."""
        for forwarder in tuple(self._forwarders.values()):
            forwarder.close()

    def _forwarder(self, container_id: str, collector: Collector) -> "Forwarder":
        if container_id not in self._forwarders:
            forwarder = Forwarder(
                collector,
                self._files.log(container_id),
                logs=self._logs,
                collectors=self._collectors,
                clock=self._clock,
            )
            forwarder.task.add_done_callback(lambda _: self._forwarders.pop(container_id))
            self._forwarders[container_id] = forwarder
        return self._forwarders[container_id]


class Forwarder:
    """Sends one log, and tries again for as long as it takes."""

    def __init__(self, collector: Collector, path: Path, *, logs: Logs, collectors: Collectors, clock: Clock) -> None:
        self._collector = collector
        self._path = path
        self._logs = logs
        self._collectors = collectors
        self._clock = clock
        self._connection: CollectorConnection | None = None
        self._failures = 0
        self._failed = asyncio.Event()
        self._ended = asyncio.get_running_loop().create_future()
        self.task = asyncio.get_running_loop().create_task(self._run())

    def begin(self, connection: CollectorConnection | None = None) -> None:
        """The log grows, perhaps again; ``connection`` is for its next lines."""
        self._connection = connection or self._connection
        if self._ended.done():
            self._ended = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def finish(self) -> None:
        """Wait until all is sent, or the collector has not taken it; then stop."""
        failed = asyncio.ensure_future(self._failed.wait())
        await asyncio.wait((self.task, failed), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        self.close()
        await asyncio.wait((self.task,))

    def close(self) -> None:
        self.task.cancel()

    async def _run(self) -> None:
        try:
            while await self._attempt():
                await self._clock.sleep(plan.retry_delay(self._collector.retry, self._failures))
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
