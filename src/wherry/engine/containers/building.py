"""Containers that carry out a command of a build, once it has ended."""

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.launch.teardown import Teardown
from wherry.engine.ports import Snapshots
from wherry.errors import Conflict


class Building:
    """Their files become a layer, or they become containers like others."""

    def __init__(
        self, *, catalog: Catalog, teardown: Teardown, snapshots: Snapshots, operations: Operations, locks: KeyedLocks
    ) -> None:
        self._catalog = catalog
        self._teardown = teardown
        self._snapshots = snapshots
        self._operations = operations
        self._locks = locks

    async def take_changes(self, container_id: str) -> str:
        """What an ended container wrote, as the directory of a layer. It has no files of its own from now on: next,
        remove it. Conflict if it runs."""
        return await self._operations.run(self._take_changes(container_id))

    async def leave_behind(self, container_id: str) -> None:
        """The container of a build outlives it: its user may want to see why it failed."""
        await self._operations.run(self._leave_behind(container_id))

    async def _take_changes(self, container_id: str) -> str:
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            if container.state.alive:
                raise Conflict(f"container {container_id} is still running")
            await self._teardown.everything(container)
            return await self._snapshots.commit(container_id)

    async def _leave_behind(self, container_id: str) -> None:
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            await self._snapshots.prepare(container_id, volatile=True)
            host = replace(container.spec.host, auto_remove=False)
            await self._catalog.put(replace(container, build=False, spec=replace(container.spec, host=host)))
