"""Volumes that are made, found or taken away: their rows, and what is behind them: a directory, or a driver."""

from collections.abc import Callable

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.events import Events
from wherry.engine.ports import Chance, Clock, Records, VolumeFiles
from wherry.engine.volumes.drivers import VolumeDrivers
from wherry.errors import Conflict, InternalError, NoSuchVolume, NotFound, PluginUnreachable
from wherry.model.volume import LOCAL, Volume
from wherry.plan.mounts import volume_request


class Making:
    """One thing at a time is done with a name. Texts are those of moby's ``volume/service/store.go``."""

    def __init__(
        self,
        *,
        records: Records,
        files: VolumeFiles,
        drivers: VolumeDrivers,
        clock: Clock,
        chance: Chance,
        events: Events,
        users: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._table = records.volumes
        self._files = files
        self._drivers = drivers
        self._clock = clock
        self._chance = chance
        self._events = events
        self._users = users
        self._locks = KeyedLocks()

    async def obtain(
        self,
        name: str,
        driver: str,
        options: dict[str, str],
        labels: dict[str, str],
        *,
        anonymous: bool,
        made_for: str = "",
    ) -> Volume:
        """The volume of this name and driver, made if it is not there; any driver's for ""."""
        if not name:
            name, driver = self._chance.new_id(), driver or LOCAL
        driver = self._drivers.full_name(driver)
        async with self._locks.hold(name):
            if (known := await self._known(name, driver)) is not None:
                return known
            if anonymous:
                labels = {**labels, volume_request.ANONYMOUS_LABEL: ""}
            volume = Volume(
                name=name,
                driver=driver or LOCAL,
                options=options,
                labels=labels,
                anonymous=anonymous,
                made_for=made_for,
                created=self._clock.now(),
            )
            await (self._make_local(volume) if volume.is_local else self._make_driven(volume))
        self._tell("create", volume)
        return volume

    async def find(self, name: str) -> Volume:
        """A volume by its row, or one that a driver has though nobody made it here. NoSuchVolume."""
        if (volume := self._table.get(name)) is not None:
            return volume
        driver = await self._drivers.owner(name)
        if not driver:
            raise NoSuchVolume(name)
        volume = Volume(name=name, driver=driver, created=self._clock.now())
        await self._table.put(volume)
        return volume

    async def remove(self, name: str, *, force: bool, but_for: str) -> None:
        """NoSuchVolume (not with ``force``), Conflict, InternalError. What a driver refuses to remove is forgotten with
        ``force`` all the same."""
        async with self._locks.hold(name):
            try:
                volume = await self.find(name)
                await self._check_driver(volume)
            except NoSuchVolume:
                if force:
                    return
                raise
            if users := [user for user in self._users(name) if user != but_for]:
                raise Conflict(f"remove {name}: volume is in use - [{', '.join(users)}]")
            await self._take_away(volume, force=force)
        self._tell("destroy", volume)

    async def _known(self, name: str, driver: str) -> Volume | None:
        """The volume that has a name. Conflict if it is another driver's, or if its driver cannot tell."""
        volume = self._table.get(name)
        if volume is None:
            return await self._foreign(name) if not driver else None
        other = driver not in ("", volume.driver)
        if other and driver != LOCAL:
            await self._check(name, driver)
        if not await self._is_there(volume):
            await self._table.delete(name)
            return None
        if other:
            raise _conflict(name, f"driver '{volume.driver}' already has volume '{name}'")
        return volume

    async def _foreign(self, name: str) -> Volume | None:
        try:
            return await self.find(name)
        except NoSuchVolume:
            return None

    async def _is_there(self, volume: Volume) -> bool:
        if volume.is_local:
            return True
        name, driver = volume.name, volume.driver
        try:
            if await self._drivers.find(driver, name):
                return True
        except (NotFound, PluginUnreachable) as error:
            found = f"found reference to volume '{name}' in driver '{driver}'"
            raise _conflict(name, f"{found}, but got an error while checking the driver: {error}") from error
        if self._users(name):
            raise _conflict(
                name,
                f"found references to volume '{name}' in driver '{driver}' but the volume was not found in the driver "
                "-- you may need to remove containers referencing this volume or force remove the volume to "
                "re-create it",
            )
        return False

    async def _check(self, name: str, driver: str) -> None:
        try:
            await self._drivers.check(driver)
        except (NotFound, InternalError) as error:
            raise type(error)(f"create {name}: {error}") from error

    async def _make_local(self, volume: Volume) -> None:
        name = volume.name
        volume_request.check(name, volume.options)
        try:
            await self._table.put(volume)
            await self._files.create(name)
        except BaseException:
            if volume.anonymous:  # a directory of a name that was given may have been there before
                await self._files.remove(name)
            await self._table.delete(name)
            raise

    async def _make_driven(self, volume: Volume) -> None:
        name, driver = volume.name, volume.driver
        await self._check(name, driver)
        try:
            if await self._drivers.find(driver, name) is None:
                await self._drivers.create(driver, name, volume.options)
        except (NotFound, InternalError) as error:
            raise type(error)(f"create {name}: {error}") from error
        await self._table.put(volume)

    async def _check_driver(self, volume: Volume) -> None:
        """Its driver has it. NoSuchVolume, and what ``VolumeDrivers.find`` raises."""
        if volume.is_local:
            return
        try:
            found = await self._drivers.find(volume.driver, volume.name)
        except (NotFound, PluginUnreachable) as error:
            raise type(error)(f"get {volume.name}: {error}") from error
        if found is None:
            raise NoSuchVolume(volume.name)

    async def _take_away(self, volume: Volume, *, force: bool) -> None:
        if volume.is_local:
            await self._files.remove(volume.name)
            await self._table.delete(volume.name)
            return
        try:
            await self._drivers.remove(volume.driver, volume.name)
        except (NotFound, InternalError) as error:
            if force:
                await self._table.delete(volume.name)
            raise type(error)(f"remove {volume.name}: {error}") from error
        await self._table.delete(volume.name)

    def _tell(self, action: str, volume: Volume) -> None:
        self._events.publish("volume", action, volume.name, {"driver": volume.driver})


def _conflict(name: str, reason: str) -> Conflict:
    return Conflict(f"create {name}: {reason}: volume name must be unique")
