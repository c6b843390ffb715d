"""Which device nodes a container has and which it may use (OCI runtime spec, config-linux.md, Devices)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from wherry.errors import InternalError
from wherry.model.container import HostSpec
from wherry.model.device import DeviceNode
from wherry.model.resources import Device

_RULE: Final = re.compile(r"([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})")
_DENY_ALL: Final = {"allow": False, "access": "rwm"}
_ALLOW_ALL: Final = {"allow": True, "access": "rwm"}

# zero, null, urandom, random, tty, console; runtimes allow ptmx, pts and mknod of their own.
_ALWAYS: Final = tuple(
    {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"}
    for major, minor in ((1, 5), (1, 3), (1, 9), (1, 8), (5, 0), (5, 1))
)


def device_nodes(host: HostSpec, nodes: tuple[DeviceNode, ...]) -> list[dict[str, Any]]:
    """Nodes to make: those of ``--device``, before them all of the host's for a privileged container.

    InternalError, as dockerd has it, for a device that ``nodes`` does not have.
    """
    made = {node.path: node for node in nodes} if host.privileged else {}
    for device in host.resources.devices:
        made |= {_inside(device, node): node for node in _found(device, nodes)}
    return [
        {
            "path": path,
            "type": node.type,
            "major": node.major,
            "minor": node.minor,
            "fileMode": node.mode,
            "uid": node.uid,
            "gid": node.gid,
        }
        for path, node in made.items()
    ]


def device_rules(host: HostSpec, nodes: tuple[DeviceNode, ...]) -> list[dict[str, Any]]:
    """What the devices control group allows. InternalError for a ``--device-cgroup-rule`` that is none."""
    if host.privileged:
        return [_ALLOW_ALL]
    given = (_allow(node, device.permissions) for device in host.resources.devices for node in _found(device, nodes))
    return [_DENY_ALL, *_ALWAYS, *given, *map(_rule, host.resources.device_cgroup_rules)]


def _found(device: Device, nodes: tuple[DeviceNode, ...]) -> Iterator[DeviceNode]:
    """The node itself, or those below it where a directory was asked for."""
    found = [node for node in nodes if node.path == device.host_path or _is_below(node.path, device.host_path)]
    if not found:
        raise InternalError(
            f'error gathering device information while adding custom device "{device.host_path}": '
            "no such file or directory"
        )
    return iter(found)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _inside(device: Device, node: DeviceNode) -> str:
    return device.container_path + node.path.removeprefix(device.host_path)


def _allow(node: DeviceNode, permissions: str) -> dict[str, Any]:
    return {"allow": True, "type": node.type, "major": node.major, "minor": node.minor, "access": permissions}


def _rule(text: str) -> dict[str, Any]:
    """``c 7:* rmw``; a star is -1."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise InternalError(f"invalid device cgroup rule format: '{text}'")
    kind, major, minor, access = found.groups()
    return {"allow": True, "type": kind, "major": _number(major), "minor": _number(minor), "access": access}


def _number(text: str) -> int:
    return -1 if text == "*" else int(text)
