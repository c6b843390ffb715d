"""Volumes."""

from msgspec import Struct


class Volume(Struct, frozen=True, kw_only=True):
    """Data that outlives containers, under ``<data-root>/volumes/<name>/_data``. ``created`` in nanoseconds.

    ``made_for`` is the id of the container that an anonymous volume was made for, "" once it outlives that.
    """

    name: str
    driver: str = "local"
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    anonymous: bool = False
    made_for: str = ""
    created: int = 0
