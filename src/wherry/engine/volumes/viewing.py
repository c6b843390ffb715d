"""Volumes as people see them: with what their drivers tell."""

from wherry.engine.ports import Records, VolumeFiles
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.engine.volumes.making import Making
from wherry.errors import NoSuchVolume, NotFound, PluginUnreachable
from wherry.model.volume import DriverVolume, Volume, VolumeView


class Viewing:
    def __init__(self, *, records: Records, files: VolumeFiles, drivers: VolumeDrivers, making: Making) -> None:
        self._table = records.volumes
        self._files = files
        self._drivers = drivers
        self._making = making

    async def view(self, name: str) -> VolumeView:
        """NoSuchVolume; NotFound, PluginUnreachable if its driver cannot tell."""
        volume = await self._making.find(name)
        if volume.is_local:
            return self._local(volume)
        try:
            told = await self._drivers.find(volume.driver, name)
        except (NotFound, PluginUnreachable) as error:
            raise type(error)(f"get {name}: {error}") from error
        if told is None:
            raise NoSuchVolume(name)
        return await self._driven(volume, told)

    async def made(self, volume: Volume) -> VolumeView:
        """What is known of a volume without asking for it again."""
        return self._local(volume) if volume.is_local else await self._driven(volume, None)

    async def all(self) -> tuple[tuple[VolumeView, ...], tuple[str, ...]]:
        """Those that have a row, oldest first, then others that drivers have; and what could not be found out.

        A name that is taken is not another driver's volume too."""
        rows = {volume.name: volume for volume in self._table.all()}
        told, warnings = await self._drivers.list({row.driver for row in rows.values() if not row.is_local})
        views = [self._local(row) for row in rows.values() if row.is_local]
        views += [await self._driven(row, None) for row in rows.values() if not row.is_local and row.driver not in told]
        for driver, volumes in told.items():
            for each in volumes:
                row = rows.setdefault(each.name, Volume(name=each.name, driver=driver))
                if row.driver == driver:
                    views.append(await self._driven(row, each))
        order = {name: number for number, name in enumerate(rows)}
        return tuple(sorted(views, key=lambda view: order[view.volume.name])), warnings

    def _local(self, volume: Volume) -> VolumeView:
        return VolumeView(volume=volume, mountpoint=str(self._files.path(volume.name)))

    async def _driven(self, volume: Volume, told: DriverVolume | None) -> VolumeView:
        told = told or DriverVolume(name=volume.name)
        scope = await self._drivers.scope(volume.driver)
        return VolumeView(volume=volume, mountpoint=told.mountpoint, scope=scope, told=told)
