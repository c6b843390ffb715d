"""The engine as a whole: what it is, what it runs on, what it holds."""

from typing import Final

from msgspec import Struct

from wherry.model.container import Container, ContainerDefaults
from wherry.model.host import Forwarding, HostFacts
from wherry.model.image import Image
from wherry.model.launch import RuntimeInfo
from wherry.model.reference import Reference
from wherry.model.registry import RegistrySettings
from wherry.model.remapping import Remapping
from wherry.model.volume import Volume

BUILTIN_PROFILE: Final = "builtin"
"""The name of the engine's own seccomp profile."""


class Settings(Struct, frozen=True, kw_only=True):
    """What the engine was told about itself.

    ``id`` is kept for the life of the data root, ``monitor`` is name and version of the containers' monitor,
    ``init_path`` the binary of ``--init``, "" if there is none. ``warnings`` are about how the engine is offered.
    """

    id: str
    version: str
    python: str
    data_root: str
    monitor: tuple[str, str] = ("", "")
    commit: str = ""
    build_time: str = ""
    init_path: str = ""
    debug: bool = False
    experimental: bool = False
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    defaults: ContainerDefaults = ContainerDefaults()
    seccomp_profile: str = BUILTIN_PROFILE
    remapping: Remapping | None = None
    insecure_registries: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""


class Reloadable(Struct, frozen=True, kw_only=True):
    """What the daemon can be told anew while it runs. ``runtimes``: paths by name; times in seconds."""

    debug: bool = False
    labels: tuple[str, ...] = ()
    registries: RegistrySettings = RegistrySettings()
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    live_restore: bool = False
    shutdown_timeout: int = 15


class Version(Struct, frozen=True, kw_only=True):
    settings: Settings
    facts: HostFacts
    runtimes: tuple[RuntimeInfo, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """How many containers are in which state; a paused one runs."""

    total: int
    running: int
    paused: int
    stopped: int


class Info(Struct, frozen=True, kw_only=True):
    """``time`` in ns since the epoch, ``listeners`` of the event feed, ``volume_drivers`` and
    ``authorization`` are names of plugins, ``warnings`` for people."""

    settings: Settings
    facts: HostFacts
    containers: Counts
    images: int
    volume_drivers: tuple[str, ...]
    authorization: tuple[str, ...]
    runtimes: tuple[RuntimeInfo, ...]
    default_runtime: str
    forwarding: Forwarding
    listeners: int
    time: int
    warnings: tuple[str, ...]


class ImageUsage(Struct, frozen=True, kw_only=True):
    """``shared`` are the bytes of layers that other images have too, ``containers`` those made from the image."""

    image: Image
    names: tuple[Reference, ...]
    shared: int
    containers: int


class ContainerUsage(Struct, frozen=True, kw_only=True):
    """``own`` are the bytes of the container's files, ``root`` those with its image."""

    container: Container
    own: int
    root: int


class VolumeUsage(Struct, frozen=True, kw_only=True):
    """Where a volume is, how many containers mount it, and the bytes of its files: -1 if they cannot be measured."""

    volume: Volume
    path: str
    users: int
    size: int


class DiskUsage(Struct, frozen=True, kw_only=True):
    """``layers`` are the bytes of all layers, each counted once. None for a kind that was not asked for."""

    layers: int = 0
    images: tuple[ImageUsage, ...] | None = None
    containers: tuple[ContainerUsage, ...] | None = None
    volumes: tuple[VolumeUsage, ...] | None = None
