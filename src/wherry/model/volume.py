"""Volumes."""

from msgspec import Struct


class Volume(Struct, frozen=True, kw_only=True):
    """Data that outlives containers, under ``<data-root>/volumes/<name>/_data``. ``created`` in nanoseconds."""

    name: str
    driver: str = "local"
    options: dict[str, str] = {}
    labels: dict[str, str] = {}
    anonymous: bool = False
    created: int = 0
