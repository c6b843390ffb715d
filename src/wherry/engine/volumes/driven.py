"""Volumes of drivers in use: mounted by their driver from a container's start to its end.

Under which id each is mounted is in the volume's row before the driver is asked, and until it has let go: so the next
engine knows what a dead one held.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.ports import Chance, Records
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.errors import InternalError, NotFound, PluginUnreachable
from wherry.model.container import Container, Pending
from wherry.model.mount import MountPoint
from wherry.model.volume import Volume

_log = logging.getLogger(__name__)


class DrivenMounts:
    """Who may not answer is a driver: what is let go is logged if it cannot be, and hinders nobody."""

    def __init__(
        self,
        *,
        records: Records,
        drivers: VolumeDrivers,
        chance: Chance,
        operations: Operations,
        containers: Callable[[], tuple[Container, ...]],
    ) -> None:
        self._table = records.volumes
        self._drivers = drivers
        self._chance = chance
        self._operations = operations
        self._containers = containers
        self._locks = KeyedLocks()
        self._borrowed: set[str] = set()
        self._later = False

    async def acquire(self, container: Container, point: MountPoint) -> str:
        """The path on the host of a container's volume, mounted for it. NotFound, InternalError."""
        return await self._mount(point.name, mount_id(container, point))

    async def release(self, container: Container, point: MountPoint) -> None:
        """Let go of it, if it is held. Idempotent."""
        if not self._later:
            await self._unmount(point.name, mount_id(container, point))

    @asynccontextmanager
    async def borrowed(self, name: str) -> AsyncIterator[str]:
        """The path on the host of a volume that is mounted while the block runs."""
        borrower = self._chance.new_id()
        self._borrowed.add(borrower)
        try:
            yield await self._mount(name, borrower)
        finally:
            await self._unmount(name, borrower)
            self._borrowed.discard(borrower)

    @contextmanager
    def later(self) -> Iterator[None]:
        """What is released while the block runs is let go behind it: an engine that begins waits for no driver."""
        self._later = True
        try:
            yield
        finally:
            self._later = False
            self._operations.begin(self._sweep())

    async def _sweep(self) -> None:
        """Let go of what an earlier life of the engine held for those that do not run any more."""
        for volume in self._table.all():
            for held in volume.held:
                await self._unmount(volume.name, held, unless_used=True)

    async def _mount(self, name: str, held: str) -> str:
        async with self._locks.hold(name):
            volume = self._row(name)
            await self._table.put(replace(volume, held=(*_others(volume, held), held)))
            try:
                return await self._drivers.mount(volume.driver, name, held)
            except PluginUnreachable:
                raise  # it may be mounted
            except (NotFound, InternalError):
                await self._forget(name, held)
                raise

    async def _unmount(self, name: str, held: str, *, unless_used: bool = False) -> None:
        async with self._locks.hold(name):
            volume = self._table.get(name)
            if volume is None or held not in volume.held or (unless_used and held in self._used()):
                return
            try:
                await self._drivers.unmount(volume.driver, name, held)
            except PluginUnreachable as error:
                _log.warning("volume %s could not be unmounted: %s", name, error)
                return
            except (NotFound, InternalError) as error:
                _log.warning("volume %s could not be unmounted: %s", name, error)
            await self._forget(name, held)

    async def _forget(self, name: str, held: str) -> None:
        volume = self._row(name)
        await self._table.put(replace(volume, held=_others(volume, held)))

    def _row(self, name: str) -> Volume:
        volume = self._table.get(name)
        if volume is None:
            raise InternalError(f"volume {name} is gone")
        return volume

    def _used(self) -> set[str]:
        running = (
            container
            for container in self._containers()
            if container.state.alive or container.state.pending is Pending.STARTING
        )
        return {mount_id(container, point) for container in running for point in container.mounts} | self._borrowed


def mount_id(container: Container, point: MountPoint) -> str:
    """The same in each life of the engine, and another for each mount of a container."""
    return hashlib.sha256(f"{container.id} {point.target}".encode()).hexdigest()


def _others(volume: Volume, held: str) -> tuple[str, ...]:
    return tuple(each for each in volume.held if each != held)
