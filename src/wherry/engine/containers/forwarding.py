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
        if collector is None or collector.lazy:
            return
        try:
            connection = await self._collectors.connect(collector)
        except WherryError as error:
            raise refusal(error) from None
        known = self._forwarders.get(container.id)
        if known is not None and known.has_failed:
            await known.stop()
        if known is not None and known.is_at_work:
            connection.close()  # it has one, or makes one when there are lines
        else:
            self._make(container.id, collector, connection)

    def begin(self, container: Container) -> None:
        """See to the log of a container that runs."""
        try:
            collector = plan.collector(container)
        except InternalError:
            return  # it has said nothing: its start was refused for the same reason
        known = self._forwarders.get(container.id)
        if known is not None and known.is_at_work:
            known.begin()
        elif collector is not None:
            self._make(container.id, collector)

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

    def _make(self, container_id: str, collector: Collector, connection: CollectorConnection | None = None) -> None:
        made = Forwarder(
            collector,
            self._files.log(container_id),
            connection,
            logs=self._logs,
            collectors=self._collectors,
            clock=self._clock,
        )
        made.task.add_done_callback(lambda _: self._forget(container_id, made))
        self._forwarders[container_id] = made

    def _forget(self, container_id: str, forwarder: "Forwarder") -> None:
        if self._forwarders.get(container_id) is forwarder:
            del self._forwarders[container_id]


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

    async def finish(self) -> None:
        """Wait until all is sent, or the collector has not taken it; then stop."""
        failed = asyncio.ensure_future(self._failed.wait())
        await asyncio.wait((self.task, failed), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        await self.stop()

    async def stop(self) -> None:
        self.close()
        await asyncio.wait((self.task,))

    def close(self) -> None:
        """Stop, and be not waited for."""
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
