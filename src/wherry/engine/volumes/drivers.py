"""Drivers of volumes that are plugins: the protocol ``VolumeDriver`` (moby ``volume/drivers``)."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from posixpath import isabs
from typing import Any, Final, TypeVar

from msgspec import Struct

from wherry.engine.ports import Plugins
from wherry.errors import InternalError, NotFound, PluginUnreachable
from wherry.model.volume import LOCAL, DriverVolume

KIND: Final = "VolumeDriver"
_LONG, _SHORT = 120.0, 60.0  # seconds, as dockerd: for what makes or takes away, and for what only tells
_GLANCE: Final = 10.0  # seconds in which a driver that nobody asked for by name has to tell what it has


class _Answer(Struct, rename="pascal"):
    err: str = ""


class _Mounted(_Answer, rename="pascal"):
    mountpoint: str = ""


class _Told(Struct, rename="pascal"):
    name: str = ""
    mountpoint: str = ""
    created_at: datetime | None = None
    status: dict[str, Any] | None = None


class _Found(_Answer, rename="pascal"):
    volume: _Told | None = None


class _Listed(_Answer, rename="pascal"):
    volumes: list[_Told] | None = None


class _Capabilities(Struct, rename="pascal"):
    scope: str = ""


class _Capable(_Answer, rename="pascal"):
    capabilities: _Capabilities | None = None


A = TypeVar("A", bound=_Answer)


class VolumeDrivers:
    """Asks drivers. What they refuse is an InternalError in their own words; see ``Plugins.call`` for the others."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._scopes: dict[str, str] = {}

    def known(self) -> tuple[str, ...]:
        """Those that were needed so far."""
        return self._plugins.known(KIND)

    def full_name(self, driver: str) -> str:
        """A managed plugin has a tag in its name, whether it was given or not."""
        return self._plugins.full_name(driver) if driver not in ("", LOCAL) else driver

    async def check(self, driver: str) -> None:
        """NotFound, InternalError."""
        try:
            await self._plugins.require(driver, KIND)
        except (NotFound, InternalError) as error:
            raise type(error)(f"error looking up volume plugin {driver}: {error}") from error

    async def scope(self, driver: str) -> str:
        """``global`` for volumes that other hosts have as well, else ``local``."""
        if driver not in self._scopes:
            try:
                found = await self._call(driver, "Capabilities", {}, _Capable, _SHORT)
            except (NotFound, PluginUnreachable):
                return "local"
            except InternalError:  # older than the question
                found = _Capable()
            scope = (found.capabilities or _Capabilities()).scope.lower()
            self._scopes[driver] = scope if scope == "global" else "local"
        return self._scopes[driver]

    async def create(self, driver: str, name: str, options: dict[str, str]) -> None:
        await self._call(driver, "Create", {"Name": name, "Opts": options or None}, _Answer, _LONG)

    async def remove(self, driver: str, name: str) -> None:
        await self._call(driver, "Remove", {"Name": name}, _Answer, _LONG)

    async def mount(self, driver: str, name: str, mount_id: str) -> str:
        """Have a volume mounted for whoever ``mount_id`` names; its path on the host."""
        found = await self._call(driver, "Mount", {"Name": name, "ID": mount_id}, _Mounted, _LONG)
        if not isabs(found.mountpoint):
            raise InternalError(f'driver {driver} has mounted volume {name} nowhere: "{found.mountpoint}"')
        return await self._plugins.on_host(driver, found.mountpoint)

    async def unmount(self, driver: str, name: str, mount_id: str) -> None:
        await self._call(driver, "Unmount", {"Name": name, "ID": mount_id}, _Answer, _LONG, retry=False)

    async def find(self, driver: str, name: str) -> DriverVolume | None:
        """What a driver has of this name; None also if it gives another reason. NotFound, PluginUnreachable."""
        try:
            await self.check(driver)
            found = await self._call(driver, "Get", {"Name": name}, _Found, _SHORT)
        except (NotFound, PluginUnreachable) as error:
            text = f'error while checking if volume "{name}" exists in driver "{driver}": {error}'
            raise type(error)(text) from error
        except InternalError:
            return None
        return _volume(found.volume) if found.volume else None

    async def owner(self, name: str) -> str:
        """The first driver that has a volume of this name, "" if none has. None is waited for: who does not answer at
        once has nothing."""
        for driver in await self._plugins.all(KIND):
            with suppress(NotFound, InternalError):
                found = await self._call(driver, "Get", {"Name": name}, _Found, _GLANCE, retry=False)
                if found.volume:
                    return driver
        return ""

    async def list(self, others: Iterable[str]) -> tuple[dict[str, tuple[DriverVolume, ...]], tuple[str, ...]]:
        """What all drivers have, and those of ``others`` that are no plugins any more; and why some could not tell."""
        drivers = sorted({*await self._plugins.all(KIND), *others})
        results = await asyncio.gather(*[self._list(driver) for driver in drivers])
        told = {driver: found for driver, found in zip(drivers, results, strict=True) if not isinstance(found, str)}
        return told, tuple(found for found in results if isinstance(found, str))

    async def _list(self, driver: str) -> tuple[DriverVolume, ...] | str:
        try:
            found = await self._call(driver, "List", {}, _Listed, _GLANCE, retry=False)
        except (NotFound, InternalError) as error:
            return f"list {driver}: {error}"
        return tuple(map(_volume, found.volumes or ()))

    async def _call(
        self,
        driver: str,
        verb: str,
        arguments: dict[str, object],
        kind: type[A],
        patience: float,
        *,
        retry: bool = True,
    ) -> A:
        found = await self._plugins.call(
            driver, KIND, f"VolumeDriver.{verb}", arguments, kind, patience=patience, retry=retry
        )
        if found.err:
            raise InternalError(found.err)
        return found


def _volume(told: _Told) -> DriverVolume:
    created = told.created_at.isoformat(timespec="seconds").replace("+00:00", "Z") if told.created_at else ""
    return DriverVolume(name=told.name, mountpoint=told.mountpoint, created=created, status=told.status or {})
