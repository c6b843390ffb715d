"""Managed plugins as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field


class PluginEnv(Struct, kw_only=True, rename="pascal"):
    description: str
    name: str
    settable: list[str] | None
    value: str | None


class PluginMount(Struct, kw_only=True, rename="pascal"):
    description: str
    destination: str
    name: str
    options: list[str] | None
    settable: list[str] | None
    source: str | None
    type: str


class PluginDevice(Struct, kw_only=True, rename="pascal"):
    description: str
    name: str
    path: str | None
    settable: list[str] | None


class PluginArgs(Struct, kw_only=True, rename="pascal"):
    description: str
    name: str
    settable: list[str] | None
    value: list[str] | None


class PluginInterface(Struct, kw_only=True, rename="pascal"):
    protocol_scheme: str | UnsetType = UNSET
    socket: str
    types: list[str] | None


class PluginNetwork(Struct, kw_only=True, rename="pascal"):
    type: str


class PluginLinux(Struct, kw_only=True, rename="pascal"):
    allow_all_devices: bool
    capabilities: list[str] | None
    devices: list[PluginDevice] | None


class PluginUser(Struct, kw_only=True, rename={"uid": "UID", "gid": "GID"}, omit_defaults=True):
    gid: int = 0
    uid: int = 0


class PluginRootfs(Struct, kw_only=True):
    diff_ids: list[str]
    type: str


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


class PluginPrivilege(Struct, kw_only=True, rename="pascal"):
    name: str = ""
    description: str = ""
    value: list[str] | None = None


class PluginSettings(Struct, kw_only=True, rename="pascal"):
    args: list[str]
    devices: list[PluginDevice]
    env: list[str]
    mounts: list[PluginMount]


class PluginResource(Struct, kw_only=True, rename="pascal"):
    config: PluginConfig
    enabled: bool
    id: str
    name: str
    plugin_reference: str
    settings: PluginSettings
