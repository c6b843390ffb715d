"""What an engine is made of."""

import hashlib
from pathlib import Path

from msgspec import Struct

from wherry.model.container import ContainerDefaults
from wherry.model.network import NetworkSettings
from wherry.model.registry import RegistrySettings

DATA_ROOT = Path("/var/lib/wherry")


EXEC_ROOT = Path("/run/wherry")


class EngineConfig(Struct, frozen=True, kw_only=True):
    """What an engine is made of. ``exec_root`` is emptied by a reboot, as /run is; None: chosen by ``data_root``."""

    data_root: Path = DATA_ROOT
    exec_root: Path | None = None
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    registries: RegistrySettings = RegistrySettings()
    debug: bool = False
    experimental: bool = False
    labels: tuple[str, ...] = ()
    network: NetworkSettings = NetworkSettings()
    defaults: ContainerDefaults = ContainerDefaults()


def exec_root_of(config: EngineConfig) -> Path:
    """Where an engine keeps sockets, namespaces and runtime state. Engines of different data roots never share it."""
    if config.exec_root is not None:
        return config.exec_root
    if config.data_root == DATA_ROOT:
        return EXEC_ROOT
    digest = hashlib.sha256(str(config.data_root.resolve()).encode()).hexdigest()
    return EXEC_ROOT.with_name(f"wherry-{digest[:8]}")
