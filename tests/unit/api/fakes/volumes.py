"""Volumes in memory."""

from pathlib import Path

from tests.unit.api.samples import NOW

from wherry.errors import (
    NoSuchVolume,
)
from wherry.model.volume import Volume, VolumeView


class FakeVolumes:
    def __init__(self, *volumes: Volume) -> None:
        self.table = {volume.name: volume for volume in volumes}
        self.used: dict[str, tuple[str, ...]] = {}
        self.asked: dict[str, object] = {}

    async def view(self, name: str) -> VolumeView:
        if name not in self.table:
            raise NoSuchVolume(name)
        return self._view(self.table[name])

    async def views(self) -> tuple[tuple[VolumeView, ...], tuple[str, ...]]:
        return tuple(map(self._view, self.table.values())), ()

    def _view(self, volume: Volume) -> VolumeView:
        return VolumeView(volume=volume, mountpoint=str(self.path(volume.name)))

    def all(self) -> tuple[Volume, ...]:
        return tuple(self.table.values())

    async def create(
        self,
        name: str,
        *,
        driver: str = "",
        options: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        anonymous: bool = False,
    ) -> VolumeView:
        volume = Volume(
            name=name or "f" * 64, driver=driver or "local", options=options or {}, labels=labels or {},
            anonymous=anonymous, created=NOW,
        )  # fmt: skip
        return self._view(self.table.setdefault(volume.name, volume))

    async def remove(self, name: str, *, force: bool = False) -> None:
        if name not in self.table and not force:
            raise NoSuchVolume(name)
        self.table.pop(name, None)

    async def prune(self, *, named: bool = False, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        self.asked = {"labels": labels, "named": named}
        return tuple(self.table) if named else (), 0

    def path(self, name: str) -> Path:
        return Path("/data/volumes") / name / "_data"

    def users(self, name: str) -> tuple[str, ...]:
        return self.used.get(name, ())

    async def is_there(self, name: str) -> bool:
        return True

    async def size(self, name: str) -> int:
        return 70
