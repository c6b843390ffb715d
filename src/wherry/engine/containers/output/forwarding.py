"""Logs that go to a server, too: read from the file that the monitor writes, so that neither a server that hangs nor
the engine's death touches the container (docs/adr/0025-forwarded-logs.md)."""

from wherry.engine.containers.output.forwarder import Forwarder
from wherry.engine.ports import Clock, CollectorConnection, Collectors, ContainerFiles, Logs
from wherry.errors import InternalError, WherryError
from wherry.model.collector import Collector, CollectorAddress
from wherry.model.container import Container
from wherry.plan.logs import collectors as plan
from wherry.plan.logs.refusals import refusal

_PATIENCE = 10.0  # seconds; dockerd's, when a container ends (loggerCloseTimeout)
_IMPATIENCE = 0.5  # seconds; with a collector that took longer the last time


class LogForwarding:
    """A forwarder for each container that has a collector, from its start until all it said has been sent."""

    def __init__(
        self,
        *,
        files: ContainerFiles,
        logs: Logs,
        collectors: Collectors,
        clock: Clock,
        patience: float = _PATIENCE,
    ) -> None:
        self._files = files
        self._logs = logs
        self._collectors = collectors
        self._clock = clock
        self._patience = patience
        self._forwarders: dict[str, Forwarder] = {}
        self._slow: set[CollectorAddress] = set()

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
        """The log is about to be removed: send what is left while the collector takes it, for ``patience`` seconds. One
        that hangs is waited for as long once: there may be many containers to remove."""
        self.resume(container)
        forwarder = self._forwarders.get(container.id)
        if forwarder is None:
            return
        patience = _IMPATIENCE if forwarder.address in self._slow else self._patience
        if await forwarder.finish(patience):
            self._slow.discard(forwarder.address)
        else:
            self._slow.add(forwarder.address)

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

    def _forget(self, container_id: str, forwarder: Forwarder) -> None:
        if self._forwarders.get(container_id) is forwarder:
            del self._forwarders[container_id]
