"""Volumes: what containers mount besides their root. What they hold of them while they run: ``use``."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.events import Events
from wherry.engine.ports import Chance, Clock, Records, VolumeFiles
from wherry.errors import Conflict, InvalidMount, NoSuchVolume
from wherry.model.container import Container, ContainerSpec
from wherry.model.mount import MountKind, MountPoint
from wherry.model.volume import Volume
from wherry.plan.filters import matches_labels
from wherry.plan.mounts import mount_points, volume_request
from wherry.plan.mounts.mount_points import Wanted

__all__ = ["Volumes"]


class Volumes:
    """What can be done with volumes, and how containers get theirs. A container uses what its row mounts."""

    def __init__(
        self,
        *,
        records: Records,
        files: VolumeFiles,
        clock: Clock,
        chance: Chance,
        events: Events,
        containers: Callable[[], tuple[Container, ...]],
        data_root: str,
    ) -> None:
        self._table = records.volumes
        self._files = files
        self._clock = clock
        self._chance = chance
        self._events = events
        self._containers = containers
        self._data_root = data_root
        self._locks = KeyedLocks()
        self._promised: dict[str, set[str]] = {}  # to containers that have no row yet

    def get(self, name: str) -> Volume | None:
        return self._table.get(name)

    def find(self, name: str) -> Volume:
        volume = self._table.get(name)
        if volume is None:
            raise NoSuchVolume(name)
        return volume

    def all(self) -> tuple[Volume, ...]:
        """Oldest first."""
        return self._table.all()

    def path(self, name: str) -> Path:
        """Where a volume's data is."""
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

    async def create(
        self,
        name: str,
        *,
        driver: str = volume_request.LOCAL,
        options: dict[str, str] = {},  # noqa: B006 - never written to
        labels: dict[str, str] = {},  # noqa: B006 - never written to
        anonymous: bool = False,
    ) -> Volume:
        """A volume called ``name``, or by an id of its own if that is ""; one that is there stays as it is.

        Raises InvalidArgument, NotFound (another driver), NotSupported.
        """
        return await self._obtain(name, driver, options, labels, anonymous=anonymous or not name)

    async def remove(self, name: str, *, force: bool = False, but_for: str = "") -> None:
        """Remove a volume and its data. NoSuchVolume (not with ``force``); Conflict while containers mount it, but for
        one."""
        async with self._locks.hold(name):
            if self._table.get(name) is None:
                if force:
                    return
                raise NoSuchVolume(name)
            if users := [user for user in self.users(name) if user != but_for]:
                raise Conflict(f"remove {name}: volume is in use - [{', '.join(users)}]")
            await self._files.remove(name)
            await self._table.delete(name)
        self._tell("destroy", name)

    async def prune(self, *, named: bool = False, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        """Remove anonymous volumes (``named``: others too) with ``labels`` that nobody mounts. Names, freed bytes."""
        removed, freed = [], 0
        for volume in self.all():
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
                await self.remove(point.name, force=True, but_for=container.id)

    async def sweep(self) -> None:
        """Finish what an earlier life of the engine broke off: every volume has its directory, and none is there for a
        container that came to nothing."""
        containers = {container.id for container in self._containers()}
        for container_id in {volume.made_for for volume in self.all() if volume.made_for} - containers:
            await self.discard(container_id)
        for volume in self.all():
            await self._files.create(volume.name)

    def _made_for(self, container_id: str) -> tuple[Volume, ...]:
        return tuple(volume for volume in self.all() if volume.made_for == container_id)

    async def _resolved(self, entry: Wanted, container_id: str) -> MountPoint:
        point = entry.point
        if point.kind is not MountKind.VOLUME:
            return point
        anonymous = not point.name
        made_for = container_id if anonymous else ""
        volume = await self._obtain(
            point.name, point.driver, entry.options, entry.labels, anonymous=anonymous, made_for=made_for
        )
        self._promised.setdefault(container_id, set()).add(volume.name)
        return replace(point, name=volume.name, source=str(self.path(volume.name)))

    async def _obtain(
        self,
        name: str,
        driver: str,
        options: dict[str, str],
        labels: dict[str, str],
        *,
        anonymous: bool,
        made_for: str = "",
    ) -> Volume:
        name = name or self._chance.new_id()
        volume_request.check(name, driver, options)
        async with self._locks.hold(name):
            if (known := self._table.get(name)) is not None:
                return known
            if anonymous:
                labels = {**labels, volume_request.ANONYMOUS_LABEL: ""}
            volume = Volume(
                name=name,
                options=options,
                labels=labels,
                anonymous=anonymous,
                made_for=made_for,
                created=self._clock.now(),
            )
            try:
                await self._table.put(volume)
                await self._files.create(name)
            except BaseException:
                if anonymous:  # a directory of a name that was given may have been there before
                    await self._files.remove(name)
                await self._table.delete(name)
                raise
        self._tell("create", name)
        return volume

    def _tell(self, action: str, name: str) -> None:
        self._events.publish("volume", action, name, {"driver": volume_request.LOCAL})


async def check_source(files: VolumeFiles, point: MountPoint) -> None:
    """InvalidArgument unless the host path of a bind is there, or could be made where the bind makes it."""
    if not await files.is_there(point.source, create=point.create_source):
        raise InvalidMount("bind", f"bind source path does not exist: {point.source}")
