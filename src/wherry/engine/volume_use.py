"""Volumes in use: filled when their first container is made, mounted from the first that uses them to the last.

Who uses a volume is told by the rows of containers, what is mounted by the kernel: a death of the engine leaves both
true.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from wherry.engine.events import Events
from wherry.engine.operations import KeyedLocks
from wherry.engine.ports import Mounts, VolumeFiles
from wherry.engine.volumes import Volumes, check_source
from wherry.model.container import Container, Pending
from wherry.model.mount import DeviceMount, MountKind, MountPoint
from wherry.plan import volume_request


class VolumeUse:
    """Lets containers have their mounts, and others have them for a moment."""

    def __init__(
        self,
        *,
        volumes: Volumes,
        files: VolumeFiles,
        mounts: Mounts,
        events: Events,
        containers: Callable[[], tuple[Container, ...]],
    ) -> None:
        self._volumes = volumes
        self._files = files
        self._mounts = mounts
        self._events = events
        self._containers = containers
        self._borrowers: Counter[str] = Counter()
        self._locks = KeyedLocks()

    async def populate(self, container: Container, root: str) -> None:
        """Give empty volumes what the image of a new container has at their places below ``root``."""
        async with self.borrowed(container):
            for point in _volumes_of(container):
                if point.copy_up:
                    await self._files.copy_up(Path(root, point.target.lstrip("/")), point.name)

    async def acquire(self, container: Container) -> None:
        """Before a start: host paths are there, volumes mounted. InvalidArgument if a host path is missing that ``-v``
        does not make, InternalError for what cannot be mounted."""
        await self._check_sources(container)
        for point in _volumes_of(container):
            await self._mount(point.name)
            how = {"destination": point.target, "read/write": str(point.writable).lower()}
            self._tell("mount", container, point, propagation=point.propagation, **how)

    async def release(self, container: Container) -> None:
        """After an end, or a start that failed: nobody else may use its volumes now. Idempotent."""
        for point in _volumes_of(container):
            await self._unmount_unused(point.name, but_for=container.id)

    def let_go(self, container: Container) -> None:
        """Say that a container that ended has its volumes no more."""
        for point in _volumes_of(container):
            self._tell("unmount", container, point)

    @asynccontextmanager
    async def borrowed(self, container: Container) -> AsyncIterator[None]:
        """What ``acquire`` does, while the block runs."""
        await self._check_sources(container)
        async with AsyncExitStack() as stack:
            for point in _volumes_of(container):
                await stack.enter_async_context(self._borrowed(point.name))
            yield

    async def sweep(self) -> None:
        """Unmount what an earlier life of the engine left mounted for nobody."""
        for volume in self._volumes.all():
            if volume_request.device_mount(volume, ""):
                await self._unmount_unused(volume.name)

    @asynccontextmanager
    async def _borrowed(self, name: str) -> AsyncIterator[None]:
        self._borrowers[name] += 1
        try:
            await self._mount(name)
            yield
        finally:
            self._borrowers[name] -= 1
            await self._unmount_unused(name)

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

    def _device(self, name: str) -> DeviceMount | None:
        volume = self._volumes.get(name)
        return volume_request.device_mount(volume, str(self._volumes.path(name))) if volume else None

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

    def _tell(self, action: str, container: Container, point: MountPoint, **how: str) -> None:
        attributes = {"driver": point.driver, "container": container.id, **how}
        self._events.publish("volume", action, point.name, attributes)


def _volumes_of(container: Container) -> Iterator[MountPoint]:
    return (point for point in container.mounts if point.kind is MountKind.VOLUME)
