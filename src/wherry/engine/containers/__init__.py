"""Containers: the service that the faces call. Each verb group has a module of its own below."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import AbstractContextManager

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.building import Building
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.connecting import Connecting
from wherry.engine.containers.creation import Created, Creation
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.linking import Linking
from wherry.engine.containers.lifecycle.ending import Ending
from wherry.engine.containers.lifecycle.freezing import Freezing
from wherry.engine.containers.lifecycle.supervisor import Supervisor
from wherry.engine.containers.output.streams import Attachment
from wherry.engine.containers.stats import Stats
from wherry.engine.containers.updating import Updating
from wherry.engine.containers.viewing import Paths, Viewing
from wherry.engine.events import Events
from wherry.engine.networks import Networks
from wherry.errors import Conflict, InvalidArgument, NotFound
from wherry.model.change import PathChange
from wherry.model.container import Container, ContainerSpec, Status
from wherry.model.image import Image
from wherry.model.launch import Exit
from wherry.model.log import LogLine, LogRange
from wherry.model.network import EndpointSpec
from wherry.model.usage import Sample
from wherry.plan.containers.updating import Update
from wherry.plan.filters import matches_labels

__all__ = ["Containers", "Created", "Paths"]

_PRUNABLE = (Status.CREATED, Status.EXITED, Status.DEAD)


class Containers:
    """What can be done with containers. ``ref`` is an id, a unique prefix of one, or a name."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        networks: Networks,
        creation: Creation,
        building: Building,
        supervisor: Supervisor,
        ending: Ending,
        freezing: Freezing,
        linking: Linking,
        viewing: Viewing,
        updating: Updating,
        connecting: Connecting,
        stats: Stats,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
    ) -> None:
        self._catalog = catalog
        self._networks = networks
        self._creation = creation
        self._building = building
        self._supervisor = supervisor
        self._ending = ending
        self._freezing = freezing
        self._linking = linking
        self._viewing = viewing
        self._updating = updating
        self._connecting = connecting
        self._stats = stats
        self._events = events
        self._operations = operations
        self._locks = locks

    def find(self, ref: str) -> Container:
        return self._catalog.find(ref)

    def all(self) -> tuple[Container, ...]:
        return self._catalog.all()

    async def create(self, spec: ContainerSpec, name: str = "", platform: str = "") -> Created:
        return await self._creation.create(spec, name, platform)

    async def create_for_build(self, spec: ContainerSpec, image: Image) -> Created:
        return await self._creation.create_for_build(spec, image)

    def keeping(self, container_id: str) -> AbstractContextManager[None]:
        """While it is held, the container's end does not remove it."""
        return self._supervisor.keeping(container_id)

    async def take_changes(self, container_id: str) -> str:
        return await self._building.take_changes(container_id)

    async def leave_behind(self, container_id: str) -> None:
        await self._building.leave_behind(container_id)

    async def start(self, ref: str) -> bool:
        return await self._supervisor.start(ref)

    async def stop(self, ref: str, *, signal: str = "", timeout: int | None = None) -> bool:
        return await self._ending.stop(ref, signal, timeout)

    async def restart(self, ref: str, *, signal: str = "", timeout: int | None = None) -> None:
        await self._ending.restart(ref, signal, timeout)

    async def kill(self, ref: str, signal: str = "SIGKILL") -> None:
        await self._ending.kill(ref, signal)

    async def pause(self, ref: str) -> None:
        await self._freezing.pause(ref)

    async def unpause(self, ref: str) -> None:
        await self._freezing.unpause(ref)

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False) -> None:
        await self._ending.remove(ref, force=force, volumes=volumes)

    async def unlink(self, ref: str) -> None:
        """Take the link ``receiver/alias`` away."""
        await self._operations.run(self._linking.remove(ref))

    def links(self, container: Container) -> tuple[str, ...]:
        """``/source:/receiver/alias`` for each link of a container."""
        return self._linking.shown(container)

    def link_names(self) -> dict[str, tuple[str, ...]]:
        """``/receiver/alias``: the names that links give to containers, by ID."""
        return self._linking.names()

    async def update(self, ref: str, update: Update) -> tuple[str, ...]:
        return await self._updating.update(ref, update)

    async def connect(self, ref: str, network: str, spec: EndpointSpec) -> None:
        await self._connecting.connect(ref, network, spec)

    async def disconnect(self, ref: str, network: str, *, force: bool = False) -> None:
        await self._connecting.disconnect(ref, network, force=force)

    async def rename(self, ref: str, name: str) -> None:
        await self._operations.run(self._rename(self._catalog.find(ref).id, name.removeprefix("/")))

    async def _rename(self, container_id: str, name: str) -> None:
        async with self._locks.hold(container_id):
            if self._catalog.get(container_id).name == name:
                raise InvalidArgument("Renaming a container with the same name as its current name")
            self._catalog.check_new_name(name)
            with self._catalog.reserving(name, container_id):
                container = self._catalog.get(container_id)
                old_name = container.name
                container = await self._catalog.put(self._networks.renamed(replace(container, name=name)))
        tell(self._events, container, "rename", oldName=f"/{old_name}")

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        """Remove what does not run: created before ``until`` (ns, 0: any), with all ``labels``. Ids, freed bytes."""
        removed, freed = [], 0
        for container in self._catalog.all():
            if not _prunable(container, until, labels):
                continue
            written, _total = await self._viewing.size(container.id)
            try:
                await self._ending.remove(container.id, force=False, volumes=False)
            except (NotFound, Conflict):
                continue  # removed or started meanwhile
            removed.append(container.id)
            freed += written
        self._events.publish("container", "prune", "", {"reclaimed": str(freed)})
        return tuple(removed), freed

    def wait(self, ref: str, condition: str = "not-running") -> Awaitable[Exit]:
        return self._viewing.wait(ref, condition)

    async def attach(
        self, ref: str, *, stdin: bool, stdout: bool, stderr: bool, stream: bool, logs: bool, detach_keys: str
    ) -> Attachment:
        return await self._viewing.attach(
            ref, stdin=stdin, stdout=stdout, stderr=stderr, stream=stream, logs=logs, detach_keys=detach_keys
        )

    async def resize(self, ref: str, height: int, width: int) -> None:
        await self._viewing.resize(ref, height, width)

    def logs(self, ref: str, which: LogRange, *, follow: bool) -> AsyncGenerator[list[LogLine], None]:
        return self._viewing.logs(ref, which, follow=follow)

    def log_frames(self, ref: str, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        return self._viewing.log_frames(ref, which, joined=joined)

    async def top(self, ref: str, ps_args: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        return await self._viewing.top(ref, ps_args)

    async def sample(self, ref: str) -> Sample | None:
        return await self._stats.sample(ref)

    def samples(self, ref: str) -> AsyncGenerator[Sample | None, None]:
        return self._stats.follow(ref)

    async def size(self, ref: str) -> tuple[int, int]:
        return await self._viewing.size(ref)

    async def changes(self, ref: str) -> tuple[PathChange, ...]:
        return await self._viewing.changes(ref)

    def paths(self, container: Container) -> Paths:
        return self._viewing.paths(container)


def _prunable(container: Container, until: int, labels: tuple[str, ...]) -> bool:
    if container.state.status not in _PRUNABLE or (until and container.created >= until):
        return False
    return matches_labels(container.spec.labels, labels)
