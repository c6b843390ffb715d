"""The logs of running containers that are limited: the file is put aside when it has grown, and the monitor told to
begin another (docs/adr/0006-log-rotation.md). What the monitor writes in between goes into the file put aside."""

import logging

from wherry.engine.concurrency.tasks import KeyedTasks
from wherry.engine.ports import ContainerFiles, Logs, Runtime
from wherry.errors import WherryError
from wherry.model.container import Container
from wherry.model.log import LogLimits
from wherry.plan.logs import limits as log_limits

_log = logging.getLogger(__name__)


class LogRotation:
    """A task for each container whose log is kept in several files; it sleeps while the log does not grow."""

    def __init__(self, *, files: ContainerFiles, logs: Logs, runtime: Runtime) -> None:
        self._files = files
        self._logs = logs
        self._runtime = runtime
        self._tasks = KeyedTasks()

    def begin(self, container: Container) -> None:
        """See to the log of a container that runs, if it is limited."""
        self.end(container.id)
        limits = log_limits.limits(container.spec.host.log)
        if limits and limits.files > 1:
            self._tasks.begin(container.id, self._keep(container.id, limits))

    def end(self, container_id: str) -> None:
        """The log grows no more. Idempotent."""
        self._tasks.end(container_id)

    def close(self) -> None:
        """The engine ends: logs grow until the next one comes."""
        self._tasks.close()

    async def _keep(self, container_id: str, limits: LogLimits) -> None:
        path = self._files.log(container_id)
        try:
            while True:
                await self._logs.begun(path, lambda: self._runtime.reopen_log(container_id))
                if limits.packed:
                    await self._logs.pack(path)
                await self._logs.outgrown(path, limits.size)
                await self._logs.rotate(path, limits.files - 1)
        except (WherryError, OSError):
            _log.exception("container %s: its log is no longer rotated", container_id)
