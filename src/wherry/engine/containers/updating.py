"""Other limits and another restart policy for a container that exists."""

import msgspec

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.events import Events
from wherry.engine.ports import Host, Runtime
from wherry.errors import Conflict, InternalError, RuntimeFailure
from wherry.model.container import Container, Pending, Status
from wherry.plan.containers import updating
from wherry.plan.containers.updating import Update


class Updating:
    """The runtime first, then the row: what the row says is in force, or will be with the next start."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        runtime: Runtime,
        host: Host,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
    ) -> None:
        self._catalog = catalog
        self._runtime = runtime
        self._host = host
        self._events = events
        self._operations = operations
        self._locks = locks

    async def update(self, ref: str, update: Update) -> tuple[str, ...]:
        """Change a container; gives warnings. InvalidArgument, Conflict, and InternalError if the kernel refuses."""
        container_id = self._catalog.find(ref).id
        warnings = updating.check(update, self._host.facts())
        await self._operations.run(self._update(container_id, update))
        return warnings

    async def _update(self, container_id: str, update: Update) -> None:
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            if container.state.pending is Pending.REMOVING or container.state.status is Status.DEAD:
                reason = 'container is marked for removal and cannot be "update"'
                raise Conflict(f"Cannot update container {container_id}: {reason}")
            changed = updating.apply(container, update, self._host.facts())
            if container.state.alive and changed.spec.host.resources != container.spec.host.resources:
                await self._tell_runtime(changed)
            container = await self._catalog.put(changed)
        tell(self._events, container, "update")

    async def _tell_runtime(self, container: Container) -> None:
        try:
            section = updating.runtime_section(container.spec.host.resources, self._host.facts())
            await self._runtime.update(container.id, container.runtime, msgspec.json.encode(section))
        except RuntimeFailure as error:
            raise InternalError(f"Cannot update container {container.id}: {error}") from error
