"""Managed plugins: programs that the engine itself runs.

The records have the fields of Docker's ``config.json`` for plugins (docs.docker.com/engine/extend/config). A list that
was not given is None: ``inspect`` tells it apart from an empty one.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from wherry.model.archive import Blob

CONFIG_PLUGIN: Final = "application/vnd.docker.plugin.v1+json"


def _joined(name: str) -> str:
    return name.replace("_", "")


class PluginEnv(Struct, frozen=True, kw_only=True, rename=_joined):
    name: str = ""
    description: str = ""
    settable: tuple[str, ...] | None = None
    value: str | None = None


class PluginMount(Struct, frozen=True, kw_only=True, rename=_joined):
    name: str = ""
    description: str = ""
    settable: tuple[str, ...] | None = None
    source: str | None = None
    destination: str = ""
    type: str = ""
    options: tuple[str, ...] | None = None


class PluginDevice(Struct, frozen=True, kw_only=True, rename=_joined):
    name: str = ""
    description: str = ""
    settable: tuple[str, ...] | None = None
    path: str | None = None


class PluginArgs(Struct, frozen=True, kw_only=True, rename=_joined):
    name: str = ""
    description: str = ""
    settable: tuple[str, ...] | None = None
    value: tuple[str, ...] | None = None


class PluginInterface(Struct, frozen=True, kw_only=True, rename=_joined):
    """``types`` are like ``docker.volumedriver/1.0``; ``socket`` is a file in the plugin's /run/docker/plugins."""

    types: tuple[str, ...] | None = None
    socket: str = ""
    protocol_scheme: str = ""


class PluginNetwork(Struct, frozen=True, kw_only=True, rename=_joined):
    """``type`` is host, none, or bridge, which is the host's as well."""

    type: str = ""


class PluginLinux(Struct, frozen=True, kw_only=True, rename=_joined):
    capabilities: tuple[str, ...] | None = None
    allow_all_devices: bool = False
    devices: tuple[PluginDevice, ...] | None = None


class PluginUser(Struct, frozen=True, kw_only=True, rename=_joined):
    uid: int = 0
    gid: int = 0


class PluginRootfs(Struct, frozen=True, kw_only=True):
    type: str = ""
    diff_ids: tuple[str, ...] = ()


class PluginConfig(Struct, frozen=True, kw_only=True, rename=_joined):
    """What whoever made the plugin says of it."""

    args: PluginArgs = PluginArgs()
    description: str = ""
    docker_version: str = ""
    documentation: str = ""
    entrypoint: tuple[str, ...] | None = None
    env: tuple[PluginEnv, ...] | None = None
    interface: PluginInterface = PluginInterface()
    ipc_host: bool = False
    linux: PluginLinux = PluginLinux()
    mounts: tuple[PluginMount, ...] | None = None
    network: PluginNetwork = PluginNetwork()
    pid_host: bool = False
    propagated_mount: str = ""
    rootfs: PluginRootfs | None = None
    user: PluginUser = PluginUser()
    work_dir: str = ""


class PluginSettings(Struct, frozen=True, kw_only=True):
    """What it runs with: the configuration's values, until ``plugin set`` gives others."""

    mounts: tuple[PluginMount, ...] = ()
    env: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    devices: tuple[PluginDevice, ...] = ()


class PluginPrivilege(Struct, frozen=True, kw_only=True):
    """Something of the host that a plugin wants, and somebody has to grant."""

    name: str
    description: str = ""
    value: tuple[str, ...] = ()


class Plugin(Struct, frozen=True, kw_only=True):
    """``name`` has a tag; ``plugin_reference`` is what it was made or pulled as. ``revision`` are the files that it has
    until it is upgraded, ``manifest`` the digest of the blob that names their blobs."""

    id: str
    name: str
    plugin_reference: str
    revision: str
    manifest: str
    config: PluginConfig
    settings: PluginSettings
    enabled: bool = False


class PluginFilesFound(Struct, frozen=True, kw_only=True):
    """What a plugin's archive held: its ``config.json``, and its root as ``layer``, whose diff ID is ``diff_id``."""

    config: bytes
    layer: Blob
    diff_id: str


class OfferedPlugin(Struct, frozen=True, kw_only=True):
    """A managed plugin that runs, for those who ask it. ``kinds`` are what it implements, in lower case.

    A path that it answers is one of its own: it is below ``root`` on the host, or, from ``propagated_mount`` on, below
    ``propagated``.
    """

    socket: Path
    kinds: tuple[str, ...]
    root: Path
    propagated_mount: str = ""
    propagated: Path = Path()
