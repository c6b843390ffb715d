"""What an engine is made of."""

import hashlib
from pathlib import Path

from msgspec import Struct

from wherry.engine.concurrency.operations import PATIENCE
from wherry.model.container import ContainerDefaults
from wherry.model.network import NetworkSettings
from wherry.model.registry import RegistrySettings
from wherry.model.system import BUILTIN_PROFILE
from wherry.plan.networks.firewall import TABLE

DATA_ROOT = Path("/var/lib/wherry")


EXEC_ROOT = Path("/run/wherry")


class EngineConfig(Struct, frozen=True, kw_only=True):
    """What an engine is made of. ``exec_root`` is emptied by a reboot, as /run is; None: chosen by ``data_root``.
    ``seccomp_profile`` is ``builtin``, ``unconfined`` or a path, for containers that ask for none.
    ``init_path`` is their init, "" to look for one.
    ``userns_remap`` is "", ``default`` or a user of the host, whose subordinate ids are those of containers' users.
    ``shutdown_timeout``: seconds that what has begun gets to end when the engine is closed; negative: all it takes.
    """

    data_root: Path = DATA_ROOT
    exec_root: Path | None = None
    runtimes: dict[str, str] = {}
    default_runtime: str = ""
    registries: RegistrySettings = RegistrySettings()
    debug: bool = False
    experimental: bool = False
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    network: NetworkSettings = NetworkSettings()
    defaults: ContainerDefaults = ContainerDefaults()
    seccomp_profile: str = BUILTIN_PROFILE
    init_path: str = ""
    userns_remap: str = ""
    shutdown_timeout: int = PATIENCE


def exec_root_of(config: EngineConfig) -> Path:
    """Where an engine keeps sockets, namespaces and runtime state. Engines of different data roots never share it."""
    if config.exec_root is not None:
        return config.exec_root
    return EXEC_ROOT.with_name(table_of(config))


def table_of(config: EngineConfig) -> str:
    """The firewall's table: each engine has one of its own, which is called ``wherry`` for the usual data root."""
    if config.data_root == DATA_ROOT:
        return TABLE
    return f"wherry-{_short_digest(config.data_root)}"


def bridge_of(data_root: Path) -> str:
    """A name for the default network's bridge that no other engine has."""
    return f"wherry{_short_digest(data_root)}"


def _short_digest(data_root: Path) -> str:
    return hashlib.sha256(str(data_root.resolve()).encode()).hexdigest()[:8]
