"""What of the host a managed plugin wants (moby ``plugin/backend_linux.go``)."""

from collections import Counter

from wherry.errors import InternalError
from wherry.model.plugin import PluginConfig, PluginPrivilege

_OWN_NETWORKS = ("", "null", "bridge")


def privileges(config: PluginConfig) -> tuple[PluginPrivilege, ...]:
    """All that whoever installs the plugin has to grant."""
    linux, network = config.linux, config.network.type
    wanted = [
        ("network", "permissions to access a network", () if network in _OWN_NETWORKS else (network,)),
        ("host ipc namespace", "allow access to host ipc namespace", _when(config.ipc_host)),
        ("host pid namespace", "allow access to host pid namespace", _when(config.pid_host)),
        *(("mount", "host path to mount", (each.source,)) for each in config.mounts or () if each.source is not None),
        *(("device", "host device to access", (each.path,)) for each in linux.devices or () if each.path is not None),
        ("allow-all-devices", "allow 'rwm' access to all devices", _when(linux.allow_all_devices)),
        ("capabilities", "list of additional capabilities required", linux.capabilities or ()),
    ]
    return tuple(PluginPrivilege(name=name, description=text, value=value) for name, text, value in wanted if value)


def check_granted(config: PluginConfig, granted: tuple[PluginPrivilege, ...]) -> None:
    """InternalError unless that is all that it wants, and nothing else, in whatever order."""
    if _values(privileges(config)) != _values(granted):
        raise InternalError("incorrect privileges")


def _when(asked: bool) -> tuple[str, ...]:
    return ("true",) if asked else ()


def _values(those: tuple[PluginPrivilege, ...]) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((each.name, each.value) for each in those)
