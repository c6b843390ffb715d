"""Volumes."""

from typing import Any, Final

from msgspec import Struct

LOCAL: Final = "local"
"""The driver of the engine's own volumes."""


class Volume(Struct, frozen=True, kw_only=True):
    """Data that outlives containers, under ``<data-root>/volumes/<name>/_data``. ``created`` in nanoseconds.

    Where it is of another ``driver``, that is a plugin and knows where the data is; ``held`` are the ids by which the
    engine has it mounted.
    ``made_for`` is the id of the container that an anonymous volume was made for, "" once it outlives that.
    """

    name: str
    driver: str = LOCAL
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    anonymous: bool = False
    made_for: str = ""
    created: int = 0
    held: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        return self.driver == LOCAL


class DriverVolume(Struct, frozen=True, kw_only=True):
    """A volume as its driver tells of it. ``created`` in the form of RFC 3339; what it did not tell is empty."""

    name: str
    mountpoint: str = ""
    created: str = ""
    status: dict[str, Any] = {}


class VolumeView(Struct, frozen=True, kw_only=True):
    """A volume with where it is. ``told``: by its driver, if that is a plugin."""

    volume: Volume
    mountpoint: str = ""
    scope: str = LOCAL
    told: DriverVolume | None = None
