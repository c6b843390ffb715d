"""Pausing what runs: by name, and for the time of a copy."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.lifecycle.health import HealthChecks
from wherry.engine.events import Events
from wherry.engine.ports import Runtime
from wherry.errors import Conflict, ContainerRestarting, NotFound, NotRunning, WherryError
from wherry.model.container import Container, Pending, Status
from wherry.plan.containers import health

_log = logging.getLogger(__name__)


class Freezing:
    """Owns the transitions between "runs" and "is paused"."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        checks: HealthChecks,
        runtime: Runtime,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
    ) -> None:
        self._catalog = catalog
        self._checks = checks
        self._runtime = runtime
        self._events = events
        self._operations = operations
        self._locks = locks

    async def pause(self, ref: str) -> None:
        """Freeze a container that runs. NoSuchContainer, Conflict."""
        await self._operations.run(self._pause(self._catalog.find(ref).id))

    async def unpause(self, ref: str) -> None:
        """Let a paused container go on. NoSuchContainer, Conflict."""
        await self._operations.run(self.thaw(self._catalog.find(ref).id))

    async def thaw(self, container_id: str) -> None:
        """The same as a step of an operation."""
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            if container.state.status is not Status.PAUSED:
                raise Conflict(f"Container {container_id} is not paused")
            await self._runtime.resume(container_id, container.runtime)
            self._checks.begin(await self._put_status(container, Status.RUNNING))
        tell(self._events, container, "unpause")

    @asynccontextmanager
    async def held_still(self, container: Container) -> AsyncIterator[None]:
        """A container that runs is paused while its files are copied; and lives on if the engine dies meanwhile."""
        if not await self._paused_for_copy(container):
            yield
            return
        try:
            yield
        finally:
            with suppress(Conflict, NotFound):  # somebody else let it go on, or ended it
                await self._operations.run(self.thaw(container.id))

    async def _paused_for_copy(self, container: Container) -> bool:
        """Whether it is paused now. One that cannot be is most likely about to end; it is copied as it is."""
        if container.state.status is not Status.RUNNING:
            return False
        try:
            await self._operations.run(self._pause(container.id, Pending.COPYING))
        except WherryError as error:
            _log.info("container %s is copied without a pause: %s", container.id, error)
            return False
        return True

    async def _pause(self, container_id: str, pending: Pending | None = None) -> None:
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            if container.state.status is not Status.RUNNING:
                raise _not_running(container)
            await self._freeze(container, pending)
        tell(self._events, container, "pause")

    async def _freeze(self, container: Container, pending: Pending | None) -> None:
        """The row first: one that may be frozen is always shown as paused, so that it can be thawed."""
        self._checks.end(container.id)
        try:
            await self._put_status(container, Status.PAUSED, pending)
            await self._runtime.pause(container.id, container.runtime)
        except BaseException:
            self._checks.begin(await self._put_status(container, Status.RUNNING))
            raise

    async def _put_status(self, container: Container, status: Status, pending: Pending | None = None) -> Container:
        watched = status is Status.RUNNING
        fitness = container.state.health if watched else health.unwatched(container)
        state = replace(container.state, status=status, pending=pending, health=fitness)
        return await self._catalog.put(replace(container, state=state))


def _not_running(container: Container) -> Conflict:
    if container.state.status is Status.RESTARTING:
        return ContainerRestarting(container.id)
    if not container.state.alive:
        return NotRunning(container.id)
    return Conflict(f"Container {container.id} is already paused")
