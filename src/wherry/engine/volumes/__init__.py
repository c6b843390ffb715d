"""Volumes: what containers mount besides their root. What they hold of them while they run: ``use``."""

import logging
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

from msgspec.structs import replace

from wherry.engine.events import Events
from wherry.engine.ports import Chance, Clock, Records, VolumeFiles
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.engine.volumes.making import Making
from wherry.engine.volumes.viewing import Viewing
from wherry.errors import Conflict, InternalError, InvalidMount, NotFound
from wherry.model.container import Container, ContainerSpec
from wherry.model.mount import MountKind, MountPoint
from wherry.model.volume import Volume, VolumeView
from wherry.plan.filters import matches_labels
from wherry.plan.mounts import mount_points
from wherry.plan.mounts.mount_points import Wanted

__all__ = ["Volumes"]

_log = logging.getLogger(__name__)


class Volumes:
    """What can be done with volumes, and how containers get theirs. A container uses what its row mounts."""

    def __init__(
        self,
        *,
        records: Records,
        files: VolumeFiles,
        drivers: VolumeDrivers,
        clock: Clock,
        chance: Chance,
        events: Events,
        containers: Callable[[], tuple[Container, ...]],
        data_root: str,
    ) -> None:
        self._table = records.volumes
        self._files = files
        self._events = events
        self._containers = containers
        self._data_root = data_root
        self._making = Making(
            records=records,
            files=files,
            drivers=drivers,
            clock=clock,
            chance=chance,
            events=events,
            users=self.users,
        )
        self._viewing = Viewing(records=records, files=files, drivers=drivers, making=self._making)
        self._promised: dict[str, set[str]] = {}  # to containers that have no row yet

    def get(self, name: str) -> Volume | None:
        return self._table.get(name)

    def all(self) -> tuple[Volume, ...]:
        """Those that have a row, oldest first."""
        return self._table.all()

    def path(self, name: str) -> Path:
        """Where a local volume's data is."""
        return self._files.path(name)

    async def is_there(self, name: str) -> bool:
        """Whether a volume has its directory. InvalidArgument if that cannot be looked at."""
        return await self._files.is_there(str(self._files.path(name)))

    async def size(self, name: str) -> int:
        """Bytes of a volume's files, 0 if it is gone."""
        return await self._files.usage(name)

    def users(self, name: str) -> tuple[str, ...]:
        """Ids of the containers that mount a volume, running or not, and of those that are being made."""
        stored = [
            container.id for container in self._containers() if any(point.name == name for point in container.mounts)
        ]
        made = [container_id for container_id, names in self._promised.items() if name in names]
        return tuple(dict.fromkeys((*stored, *made)))

    async def view(self, name: str) -> VolumeView:
        """NoSuchVolume; NotFound, PluginUnreachable if its driver cannot tell."""
        return await self._viewing.view(name)

    async def views(self) -> tuple[tuple[VolumeView, ...], tuple[str, ...]]:
        """All volumes, also those that only drivers know of; and what could not be found out."""
        return await self._viewing.all()

    async def create(
        self,
        name: str,
        *,
        driver: str = "",
        options: dict[str, str] = {},  # noqa: B006 - never written to
        labels: dict[str, str] = {},  # noqa: B006 - never written to
        anonymous: bool = False,
    ) -> VolumeView:
        """A volume called ``name``, or by an id of its own if that is ""; one that is there stays as it is. Without a
        ``driver`` it is local, or whose it is.

        Raises InvalidArgument, NotFound (no such driver), Conflict (another driver's), NotSupported, InternalError.
        """
        volume = await self._making.obtain(name, driver, options, labels, anonymous=anonymous or not name)
        return await self._viewing.made(volume)

    async def remove(self, name: str, *, force: bool = False, but_for: str = "") -> None:
        """Remove a volume and its data. NoSuchVolume (not with ``force``); Conflict while containers mount it, but for
        one; InternalError where its driver does not."""
        await self._making.remove(name, force=force, but_for=but_for)

    async def prune(self, *, named: bool = False, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        """Remove anonymous local volumes (``named``: others too) with ``labels`` that nobody mounts: names, freed
        bytes."""
        removed, freed = [], 0
        for volume in filter(attrgetter("is_local"), self.all()):
            if (named or volume.anonymous) and matches_labels(volume.labels, labels) and not self.users(volume.name):
                size = await self._files.usage(volume.name)
                try:
                    await self.remove(volume.name, force=True)
                except Conflict:
                    continue  # a container was made with it meanwhile
                removed.append(volume.name)
                freed += size
        self._events.publish("volume", "prune", "", {"reclaimed": str(freed)})
        return tuple(removed), freed

    async def resolve(
        self, container_id: str, spec: ContainerSpec, find: Callable[[str], Container]
    ) -> tuple[MountPoint, ...]:
        """The mounts of a container that is being made, its volumes made where they are missing.

        Nobody removes them before ``settled`` or ``discard``. Raises what ``create`` and ``find`` raise;
        InvalidArgument for a mount that makes no sense. What was made till then is left to ``discard``.
        """
        inherited: list[MountPoint] = []
        for text in spec.host.volumes_from:
            name, writable = mount_points.volumes_from(text)
            inherited += mount_points.inherit(find(name).mounts, writable=writable)
        wanted = mount_points.wanted(spec, inherited, self._data_root)
        for entry in wanted:
            if entry.point.kind is MountKind.BIND and not entry.point.create_source:
                await check_source(self._files, entry.point)
        return tuple([await self._resolved(entry, container_id) for entry in wanted])

    def settled(self, container_id: str) -> None:
        """The container of a ``resolve`` has a row now."""
        self._promised.pop(container_id, None)

    async def discard(self, container_id: str) -> None:
        """Forget what ``resolve`` made for a container that came to nothing: anonymous volumes; idempotent."""
        self.settled(container_id)
        for volume in self._made_for(container_id):
            await self.remove(volume.name, force=True)

    async def keep(self, container_id: str) -> None:
        """What was made for a container outlives it."""
        for volume in self._made_for(container_id):
            await self._table.put(replace(volume, made_for=""))

    async def remove_anonymous(self, container: Container) -> None:
        """Remove the anonymous volumes of a container that is being removed, but those that others mount too."""
        for point in container.mounts:
            if point.anonymous and set(self.users(point.name)) <= {container.id}:
                try:
                    await self.remove(point.name, force=True, but_for=container.id)
                except (NotFound, InternalError) as error:
                    if point.source:
                        raise
                    _log.warning("%s", error)  # of a driver, for which the container does not wait

    async def sweep(self) -> None:
        """Finish what an earlier life of the engine broke off: every volume has its directory, and none is there for a
        container that came to nothing."""
        containers = {container.id for container in self._containers()}
        for container_id in {volume.made_for for volume in self.all() if volume.made_for} - containers:
            await self.discard(container_id)
        for volume in filter(attrgetter("is_local"), self.all()):
            await self._files.create(volume.name)

    def _made_for(self, container_id: str) -> tuple[Volume, ...]:
        return tuple(volume for volume in self.all() if volume.made_for == container_id)

    async def _resolved(self, entry: Wanted, container_id: str) -> MountPoint:
        point = entry.point
        if point.kind is not MountKind.VOLUME:
            return point
        anonymous = not point.name
        made_for = container_id if anonymous else ""
        volume = await self._making.obtain(
            point.name, point.driver, entry.options, entry.labels, anonymous=anonymous, made_for=made_for
        )
        self._promised.setdefault(container_id, set()).add(volume.name)
        source = str(self.path(volume.name)) if volume.is_local else ""  # its driver tells when it mounts it
        return replace(point, name=volume.name, driver=volume.driver, source=source)


async def check_source(files: VolumeFiles, point: MountPoint) -> None:
    """InvalidArgument unless the host path of a bind is there, or could be made where the bind makes it."""
    if not await files.is_there(point.source, create=point.create_source):
        raise InvalidMount("bind", f"bind source path does not exist: {point.source}")
