"""The removal of a container, and of what only it had."""

from msgspec.structs import replace

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.teardown import Teardown
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.containers.output.forwarding import LogForwarding
from wherry.engine.containers.output.hubs import Hubs
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.ports import Clock, ContainerFiles, Snapshots
from wherry.engine.volumes import Volumes
from wherry.model.container import Container
from wherry.model.launch import Exit
from wherry.plan.containers import lifecycle


class Removal:
    """Row last: what is begun is finished by recovery if the engine dies in between."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        teardown: Teardown,
        snapshots: Snapshots,
        files: ContainerFiles,
        forwarding: LogForwarding,
        volumes: Volumes,
        images: Images,
        hubs: Hubs,
        waiters: Waiters,
        events: Events,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._teardown = teardown
        self._snapshots = snapshots
        self._files = files
        self._forwarding = forwarding
        self._volumes = volumes
        self._images = images
        self._hubs = hubs
        self._waiters = waiters
        self._events = events
        self._clock = clock

    async def remove_locked(self, container: Container, *, volumes: bool) -> None:
        """Remove a container that does not run; its lock is held. ``volumes``: anonymous ones too, which a removal that
        was broken off may have wanted."""
        state = lifecycle.removing(container.state, volumes=volumes)
        container = await self._catalog.put(replace(container, state=state))
        await self._teardown.everything(container)
        await self.carry_out(container)

    async def carry_out(self, container: Container) -> None:
        """Remove a container whose row says so, and which holds nothing on the host any more."""
        await self._snapshots.remove(container.id)
        await self._forwarding.finish(container)
        await self._files.remove(container.id)
        if container.state.takes_volumes:
            await self._volumes.remove_anonymous(container)
        await self._volumes.keep(container.id)
        try:
            await self._catalog.delete(container.id)
            await self._images.release(container.chain_id)
        finally:
            if not self._catalog.has(container.id):
                self._tell_end(container)

    def _tell_end(self, container: Container) -> None:
        tell(self._events, container, "destroy")
        self._hubs.ended(container.id)
        state = container.state
        how = Exit(code=state.exit_code, finished_at=state.finished_at or self._clock.now())
        self._waiters.removed(container.id, how)
