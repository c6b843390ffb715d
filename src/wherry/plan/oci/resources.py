"""Limits → the ``linux.resources`` section of the runtime spec (config-linux.md, Control groups)."""

from typing import Any, Final

from wherry.errors import InternalError, RuntimeFailure
from wherry.model.container import HostSpec
from wherry.model.device import DeviceNode
from wherry.model.host import HostFacts
from wherry.model.resources import DeviceRate, Resources
from wherry.plan.containers.resources import effective, with_default_swap
from wherry.plan.oci.devices import device_rules

_NANO: Final = 10**9
_PERIOD: Final = 100_000
_SHARES: Final = (2, 262144)  # the kernel's; it corrects others, and so does crun, where runc refuses them
_FAILED: Final = "failed to create task for container: failed to create shim task: OCI runtime create failed"


def linux_resources(host: HostSpec, nodes: tuple[DeviceNode, ...], facts: HostFacts) -> dict[str, Any]:
    """The section for a new container. ``nodes`` are those of ``device_paths``; what has no limit is left out.
    RuntimeFailure for limits that runc refuses."""
    if reason := refusal(host.resources):
        raise RuntimeFailure(f"{_FAILED}: {reason}: unknown")
    limits = limits_section(host.resources, nodes, facts)
    return {"devices": device_rules(host, nodes), **limits}


def refusal(resources: Resources) -> str:
    """Why runc would not set these limits, "" if it would."""
    least, most = _SHARES
    if 0 < resources.cpu_shares < least:
        return f"the minimum allowed cpu-shares is {least}"
    return f"the maximum allowed cpu-shares is {most}" if resources.cpu_shares > most else ""


def limits_section(resources: Resources, nodes: tuple[DeviceNode, ...], facts: HostFacts) -> dict[str, Any]:
    """The section without devices: what an update of a running container tells the runtime, too."""
    kept = with_default_swap(effective(resources, facts))
    sections = {"memory": _memory(kept), "cpu": _cpu(kept), "pids": _pids(kept), "blockIO": _block(kept, nodes)}
    return {name: section for name, section in sections.items() if section}


def device_paths(host: HostSpec) -> tuple[str, ...]:
    """Paths of the host's device nodes that a container's limits and ``--device`` name."""
    resources = host.resources
    groups = (
        resources.blkio_weight_devices,
        resources.read_bps,
        resources.write_bps,
        resources.read_iops,
        resources.write_iops,
    )
    given = (device.host_path for device in resources.devices)
    limited = (rate.path for group in groups for rate in group)
    return tuple(dict.fromkeys((*given, *limited)))


def _memory(resources: Resources) -> dict[str, Any]:
    swappiness = resources.memory_swappiness
    return _present(
        limit=resources.memory or None,
        reservation=resources.memory_reservation or None,
        swap=resources.memory_swap if resources.memory_swap > 0 or resources.memory_swap == -1 else None,
        swappiness=None if swappiness == -1 else swappiness,
        disableOOMKiller=resources.oom_kill_disable or None,
    )


def _cpu(resources: Resources) -> dict[str, Any]:
    quota, period = resources.cpu_quota, resources.cpu_period
    if resources.nano_cpus:
        quota, period = resources.nano_cpus * _PERIOD // _NANO, _PERIOD
    return _present(
        shares=resources.cpu_shares or None,
        quota=quota or None,
        period=period or None,
        realtimeRuntime=resources.cpu_realtime_runtime or None,
        realtimePeriod=resources.cpu_realtime_period or None,
        cpus=resources.cpuset_cpus or None,
        mems=resources.cpuset_mems or None,
    )


def _pids(resources: Resources) -> dict[str, Any]:
    limit = resources.pids_limit
    return {"limit": limit} if limit is not None and limit > 0 else {}


def _block(resources: Resources, nodes: tuple[DeviceNode, ...]) -> dict[str, Any]:
    by_path = {node.path: node for node in nodes}
    return _present(
        weight=resources.blkio_weight or None,
        weightDevice=_rates("weight", resources.blkio_weight_devices, by_path) or None,
        throttleReadBpsDevice=_rates("rate", resources.read_bps, by_path) or None,
        throttleWriteBpsDevice=_rates("rate", resources.write_bps, by_path) or None,
        throttleReadIOPSDevice=_rates("rate", resources.read_iops, by_path) or None,
        throttleWriteIOPSDevice=_rates("rate", resources.write_iops, by_path) or None,
    )


def _rates(key: str, rates: tuple[DeviceRate, ...], nodes: dict[str, DeviceNode]) -> list[dict[str, int]]:
    return [{**_numbers(rate.path, nodes), key: rate.rate} for rate in rates]


def _numbers(path: str, nodes: dict[str, DeviceNode]) -> dict[str, int]:
    if path not in nodes:
        raise InternalError(f"{path}: no such file or directory")
    return {"major": nodes[path].major, "minor": nodes[path].minor}


def _present(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
