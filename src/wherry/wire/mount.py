"""Mounts as Docker's API tells them: asked for in a HostConfig, and resolved in an inspection."""

from msgspec import UNSET, Struct, UnsetType, field


class BindOptions(Struct, kw_only=True, rename="pascal"):
    propagation: str | UnsetType | None = UNSET
    non_recursive: bool | UnsetType | None = UNSET
    create_mountpoint: bool | UnsetType | None = UNSET
    read_only_non_recursive: bool | UnsetType | None = UNSET
    read_only_force_recursive: bool | UnsetType | None = UNSET


class DriverConfig(Struct, kw_only=True, rename="pascal"):
    name: str | UnsetType | None = UNSET
    options: dict[str, str] | UnsetType | None = UNSET


class VolumeOptions(Struct, kw_only=True, rename="pascal"):
    no_copy: bool | UnsetType | None = UNSET
    labels: dict[str, str] | UnsetType | None = UNSET
    subpath: str | UnsetType | None = UNSET
    driver_config: DriverConfig | UnsetType | None = UNSET


class TmpfsOptions(Struct, kw_only=True, rename="pascal"):
    """``size_bytes`` 0 for no limit; ``mode`` the permission bits of the root, 0 for 01777."""

    size_bytes: int | UnsetType | None = UNSET
    mode: int | UnsetType | None = UNSET


class Mount(Struct, kw_only=True, rename="pascal"):
    """A mount that was asked for (``HostConfig.Mounts``)."""

    type: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    target: str | UnsetType | None = UNSET
    read_only: bool | UnsetType | None = UNSET
    consistency: str | UnsetType | None = UNSET
    bind_options: BindOptions | UnsetType | None = UNSET
    volume_options: VolumeOptions | UnsetType | None = UNSET
    tmpfs_options: TmpfsOptions | UnsetType | None = UNSET


class MountPoint(Struct, kw_only=True, rename="pascal"):
    """A mount that a container has."""

    type: str
    name: str | UnsetType = UNSET
    source: str = ""
    destination: str = ""
    driver: str | UnsetType = UNSET
    mode: str = ""
    rw: bool = field(default=True, name="RW")
    propagation: str = ""
