"""Managed plugins as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field


class PluginEnv(Struct, kw_only=True, rename="pascal"):
    name: str
    description: str
    settable: list[str] | None
    value: str | None


class PluginMount(Struct, kw_only=True, rename="pascal"):
    name: str
    description: str
    settable: list[str] | None
    source: str | None
    destination: str
    type: str
    options: list[str] | None


class PluginDevice(Struct, kw_only=True, rename="pascal"):
    name: str
    description: str
    settable: list[str] | None
    path: str | None


class PluginArgs(Struct, kw_only=True, rename="pascal"):
    name: str
    description: str
    settable: list[str] | None
    value: list[str] | None


class PluginInterface(Struct, kw_only=True, rename="pascal"):
    types: list[str] | None
    socket: str
    protocol_scheme: str | UnsetType = UNSET


class PluginNetwork(Struct, kw_only=True, rename="pascal"):
    type: str


class PluginLinux(Struct, kw_only=True, rename="pascal"):
    capabilities: list[str] | None
    allow_all_devices: bool
    devices: list[PluginDevice] | None


class PluginUser(Struct, kw_only=True, rename={"uid": "UID", "gid": "GID"}, omit_defaults=True):
    uid: int = 0
    gid: int = 0


class PluginRootfs(Struct, kw_only=True):
    type: str
    diff_ids: list[str]


class PluginConfig(Struct, kw_only=True, rename="pascal"):
    args: PluginArgs
    description: str
    docker_version: str
    documentation: str
    entrypoint: list[str] | None
    env: list[PluginEnv] | None
    interface: PluginInterface
    ipc_host: bool
    linux: PluginLinux
    mounts: list[PluginMount] | None
    network: PluginNetwork
    pid_host: bool
    propagated_mount: str
    user: PluginUser
    work_dir: str
    rootfs: PluginRootfs | None = field(name="rootfs")


class PluginSettings(Struct, kw_only=True, rename="pascal"):
    mounts: list[PluginMount]
    env: list[str]
    args: list[str]
    devices: list[PluginDevice]


class PluginResource(Struct, kw_only=True, rename="pascal"):
    id: str
    name: str
    enabled: bool
    settings: PluginSettings
    plugin_reference: str
    config: PluginConfig
