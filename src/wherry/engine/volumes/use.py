"""Volumes in use: filled when their first container is made, mounted from the first that uses them to the last.

Who uses a volume is told by the rows of containers, what is mounted by the kernel: a death of the engine leaves both
true.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from operator import attrgetter
from pathlib import Path

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.events import Events
from wherry.engine.ports import Mounts, VolumeFiles
from wherry.engine.volumes import Volumes, check_source
from wherry.engine.volumes.driven import DrivenMounts
from wherry.model.container import Container, Pending
from wherry.model.mount import DeviceMount, MountKind, MountPoint, Recursion
from wherry.plan.mounts import propagations, volume_request
from wherry.plan.naming import short_id


class VolumeUse:
    """Lets containers have their mounts, and others have them for a moment."""

    def __init__(
        self,
        folder: Path,
        *,
        volumes: Volumes,
        files: VolumeFiles,
        driven: DrivenMounts,
        mounts: Mounts,
        events: Events,
        containers: Callable[[], tuple[Container, ...]],
    ) -> None:
        """``driven``: of volumes that are not local, whose mount points have no source. In ``folder`` parts of volumes
        and of host paths are mounted for containers that have no more of them."""
        self._folder = folder
        self._volumes = volumes
        self._files = files
        self._driven = driven
        self._mounts = mounts
        self._events = events
        self._containers = containers
        self._borrowers: Counter[str] = Counter()
        self._locks = KeyedLocks()

    async def lacks_files(self, container: Container) -> bool:
        """Whether ``populate`` would have something to do for a new container."""
        wanting = [point for point in _volumes_of(container) if point.copy_up]
        return any([not point.source or await self._files.is_empty(Path(point.source)) for point in wanting])

    async def populate(self, container: Container, root: str) -> None:
        """Give empty volumes what the image of a new container has at their places below ``root``."""
        for point in filter(attrgetter("copy_up"), _volumes_of(container)):
            below = Path(root, point.target.lstrip("/"))
            if point.source or await self._files.is_there(str(below)):  # a driver is not asked in vain
                async with self._borrowed(point) as path:
                    await self._files.copy_up(below, Path(path))

    async def acquire(self, container: Container) -> Container:
        """Before a start: host paths are there, volumes mounted. Gives the container with the sources to mount for it.

        InvalidArgument if a host path is missing that ``-v`` does not make, NotFound or InternalError for what cannot
        be mounted.
        """
        await self._check_sources(container)
        container = replace(container, mounts=tuple([await self._propagated(each) for each in container.mounts]))
        sources = {point.target: await self._mounted(container, point) for point in _volumes_of(container)}
        for point in _volumes_of(container):
            how = {"destination": point.target, "read/write": str(point.writable).lower()}
            self._tell("mount", container, point, propagation=point.propagation, **how)
        container = _with_sources(container, sources)
        for point in filter(_is_part, container.mounts):
            part = self._part(container, point)
            await self._mounts.part(point.source, point.subpath, part, recursive=point.recursive)
        return replace(container, mounts=tuple([await self._as_mounted(container, each) for each in container.mounts]))

    async def release(self, container: Container) -> None:
        """After an end, or a start that failed: nobody else may use its volumes now. Idempotent."""
        for point in filter(_is_part, container.mounts):
            self._mounts.remove_part(self._part(container, point))
        for point in _volumes_of(container):
            await self._driven.release(container, point)
            await self._unmount_unused(point.name, but_for=container.id)

    def let_go(self, container: Container) -> None:
        """Say that a container that ended has its volumes no more."""
        for point in _volumes_of(container):
            self._tell("unmount", container, point)

    @asynccontextmanager
    async def borrowed(self, container: Container) -> AsyncIterator[Container]:
        """What ``acquire`` does, while the block runs."""
        await self._check_sources(container)
        async with AsyncExitStack() as stack:
            sources = {
                point.target: await stack.enter_async_context(self._borrowed(point)) for point in _volumes_of(container)
            }
            yield _with_sources(container, sources)

    def recovering(self) -> AbstractContextManager[None]:
        """While an engine begins no driver is waited for: what containers held is let go behind the block."""
        return self._driven.later()

    async def sweep(self) -> None:
        """Unmount what an earlier life of the engine left mounted for nobody."""
        for volume in self._volumes.all():
            if volume_request.device_mount(volume, ""):
                await self._unmount_unused(volume.name)

    @asynccontextmanager
    async def _borrowed(self, point: MountPoint) -> AsyncIterator[str]:
        """The source of a volume that is mounted while the block runs."""
        if not point.source:
            async with self._driven.borrowed(point.name) as source:
                yield source
            return
        name = point.name
        self._borrowers[name] += 1
        try:
            await self._mount(name)
            yield point.source
        finally:
            self._borrowers -= Counter((name,))  # forgets the name with its last borrower
            await self._unmount_unused(name)

    async def _mounted(self, container: Container, point: MountPoint) -> str:
        """The source of a volume that is mounted for a container."""
        if not point.source:
            return await self._driven.acquire(container, point)
        await self._mount(point.name)
        return point.source

    async def _mount(self, name: str) -> None:
        mount = self._device(name)
        if mount is not None:
            async with self._locks.hold(name):
                if mount.target not in self._mounts.targets():
                    await self._mounts.device(mount)

    async def _unmount_unused(self, name: str, *, but_for: str = "") -> None:
        mount = self._device(name)
        if mount is not None:
            async with self._locks.hold(name):
                if not self._borrowers[name] and not self._is_used(name, but_for):
                    await self._mounts.unmount(mount.target)

    async def _as_mounted(self, container: Container, point: MountPoint) -> MountPoint:
        if point.kind is MountKind.TMPFS:
            return point
        source = self._part(container, point) if _is_part(point) else point.source
        looked = await self._files.source(source)
        # Nothing is below a file, and crun 1.8 would look for it.
        below = point.read_only_below if looked.is_directory else Recursion.NO
        return replace(point, source=source, restrictions=looked.restrictions, read_only_below=below)

    def _part(self, container: Container, point: MountPoint) -> str:
        """Where a part of a volume or of a host path is mounted for a container while it runs."""
        return str(self._folder / f"{short_id(container.id)}-{container.mounts.index(point)}")

    def _device(self, name: str) -> DeviceMount | None:
        volume = self._volumes.get(name)
        if volume is None or not volume.is_local:
            return None
        return volume_request.device_mount(volume, str(self._volumes.path(name)))

    def _is_used(self, name: str, but_for: str) -> bool:
        return any(
            container.id != but_for
            and (container.state.alive or container.state.pending is Pending.STARTING)
            and any(point.name == name for point in container.mounts)
            for container in self._containers()
        )

    async def _check_sources(self, container: Container) -> None:
        for point in container.mounts:
            if point.kind is MountKind.BIND:
                await check_source(self._files, point)

    async def _propagated(self, point: MountPoint) -> MountPoint:
        if point.propagation.removeprefix("r") in ("shared", "slave"):
            return propagations.possible(point, await self._files.mount_around(point.source))
        return point

    def _tell(self, action: str, container: Container, point: MountPoint, **how: str) -> None:
        attributes = {"driver": point.driver, "container": container.id, **how}
        self._events.publish("volume", action, point.name, attributes)


def _with_sources(container: Container, sources: Mapping[str, str]) -> Container:
    """Those of volumes, by target: where drivers have mounted theirs is in no row."""
    points = [replace(point, source=sources.get(point.target, point.source)) for point in container.mounts]
    return replace(container, mounts=tuple(points))


def _is_part(point: MountPoint) -> bool:
    """Whether it is mounted for the runtime beforehand: a path in a volume, which is hostile; and a bind without the
    mounts below, which crun would add."""
    return bool(point.subpath) or not point.recursive


def _volumes_of(container: Container) -> Iterator[MountPoint]:
    return (point for point in container.mounts if point.kind is MountKind.VOLUME)
