"""Volumes as Docker's API tells them."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class VolumeCreateRequest(Struct, kw_only=True, rename="pascal"):
    driver: str | None = None
    driver_opts: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    name: str | None = None


class UsageData(Struct, kw_only=True, rename="pascal"):
    """``ref_count`` counts containers, ``size`` bytes."""

    ref_count: int
    size: int


class VolumeResource(Struct, kw_only=True, rename="pascal"):
    created_at: str
    driver: str
    labels: dict[str, str] | None
    mountpoint: str
    name: str
    options: dict[str, str] | None
    scope: str = "local"
    status: dict[str, Any] | UnsetType = UNSET
    usage_data: UsageData | UnsetType = UNSET


class VolumeList(Struct, kw_only=True, rename="pascal"):
    volumes: list[VolumeResource]
    warnings: list[str] | None = None


class VolumesPruned(Struct, kw_only=True, rename="pascal"):
    volumes_deleted: list[str]
    space_reclaimed: int
