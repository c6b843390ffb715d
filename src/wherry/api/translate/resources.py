"""Limits of a HostConfig ⇄ ``Resources``. Which of them make sense is for the engine to say."""

from collections.abc import Iterable

from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import RestartPolicy
from wherry.model.host import HostFacts
from wherry.model.resources import Device, DeviceRate, Resources, Ulimit
from wherry.plan.containers.resources import with_default_swap
from wherry.plan.containers.updating import Update
from wherry.wire import host_config as wire


def resources(host: wire.HostConfig, facts: HostFacts) -> Resources:
    """What is asked for, with Docker's defaults.

    Raises:
        InvalidArgument: a device is asked for that no driver gives.
    """
    if host.device_requests:
        request = host.device_requests[0]
        names = " ".join(f"[{' '.join(group)}]" for group in request.capabilities or ())
        raise InvalidArgument(f'could not select device driver "{request.driver or ""}" with capabilities: [{names}]')
    asked = _limits(host, host.pids_limit if (host.pids_limit or 0) > 0 else None)
    oom_kill_disable = host.oom_kill_disable or (False if facts.cgroup_version == 1 else None)
    return with_default_swap(replace(asked, oom_kill_disable=oom_kill_disable))


def update(host: wire.HostConfig) -> Update:
    """What an update asks for."""
    policy = host.restart_policy or wire.RestartPolicy()
    restart = RestartPolicy(name=policy.name, maximum=policy.maximum_retry_count or 0) if policy.name else None
    return Update(resources=_limits(host, host.pids_limit), restart=restart)


def ulimits(limits: Iterable[wire.Ulimit]) -> tuple[Ulimit, ...]:
    return tuple(Ulimit(name=limit.name or "", soft=limit.soft or 0, hard=limit.hard or 0) for limit in limits)


def _limits(host: wire.HostConfig, pids_limit: int | None) -> Resources:
    return Resources(
        cpu_shares=host.cpu_shares or 0,
        nano_cpus=host.nano_cpus or 0,
        cpu_period=host.cpu_period or 0,
        cpu_quota=host.cpu_quota or 0,
        cpu_realtime_period=host.cpu_realtime_period or 0,
        cpu_realtime_runtime=host.cpu_realtime_runtime or 0,
        cpuset_cpus=host.cpuset_cpus or "",
        cpuset_mems=host.cpuset_mems or "",
        memory=host.memory or 0,
        memory_reservation=host.memory_reservation or 0,
        memory_swap=host.memory_swap or 0,
        memory_swappiness=None if host.memory_swappiness == -1 else host.memory_swappiness,
        pids_limit=pids_limit,
        blkio_weight=host.blkio_weight or 0,
        blkio_weight_devices=tuple(
            DeviceRate(path=device.path or "", rate=device.weight or 0) for device in host.blkio_weight_device or ()
        ),
        read_bps=_rates(host.blkio_device_read_bps),
        write_bps=_rates(host.blkio_device_write_bps),
        read_iops=_rates(host.blkio_device_read_iops),
        write_iops=_rates(host.blkio_device_write_iops),
        ulimits=ulimits(host.ulimits or ()),
        devices=tuple(_device(device) for device in host.devices or ()),
        device_cgroup_rules=tuple(host.device_cgroup_rules or ()),
    )


def show_limits(config: wire.HostConfig, limits: Resources) -> None:
    """Fill the limits of an inspection in."""
    config.cpu_shares = limits.cpu_shares
    config.memory = limits.memory
    config.nano_cpus = limits.nano_cpus
    config.blkio_weight = limits.blkio_weight
    config.blkio_weight_device = [
        wire.WeightDevice(path=device.path, weight=device.rate) for device in limits.blkio_weight_devices
    ]
    config.blkio_device_read_bps = _wire_rates(limits.read_bps)
    config.blkio_device_write_bps = _wire_rates(limits.write_bps)
    config.blkio_device_read_iops = _wire_rates(limits.read_iops)
    config.blkio_device_write_iops = _wire_rates(limits.write_iops)
    config.cpu_period = limits.cpu_period
    config.cpu_quota = limits.cpu_quota
    config.cpu_realtime_period = limits.cpu_realtime_period
    config.cpu_realtime_runtime = limits.cpu_realtime_runtime
    config.cpuset_cpus = limits.cpuset_cpus
    config.cpuset_mems = limits.cpuset_mems
    config.devices = [_wire_device(device) for device in limits.devices]
    config.device_cgroup_rules = list(limits.device_cgroup_rules) or None
    config.memory_reservation = limits.memory_reservation
    config.memory_swap = limits.memory_swap
    config.memory_swappiness = limits.memory_swappiness
    config.oom_kill_disable = limits.oom_kill_disable
    config.pids_limit = limits.pids_limit
    config.ulimits = [wire.Ulimit(name=limit.name, hard=limit.hard, soft=limit.soft) for limit in limits.ulimits]
    config.cpu_count = config.cpu_percent = config.io_maximum_iops = config.io_maximum_bandwidth = 0


def _wire_device(device: Device) -> wire.DeviceMapping:
    return wire.DeviceMapping(
        path_on_host=device.host_path,
        path_in_container=device.container_path,
        cgroup_permissions=device.permissions,
    )


def _wire_rates(rates: Iterable[DeviceRate]) -> list[wire.ThrottleDevice]:
    return [wire.ThrottleDevice(path=rate.path, rate=rate.rate) for rate in rates]


def _rates(devices: list[wire.ThrottleDevice] | None) -> tuple[DeviceRate, ...]:
    return tuple(DeviceRate(path=device.path or "", rate=device.rate or 0) for device in devices or ())


def _device(device: wire.DeviceMapping) -> Device:
    on_host = device.path_on_host or ""
    return Device(
        host_path=on_host,
        container_path=device.path_in_container or on_host,
        permissions=device.cgroup_permissions or "rwm",
    )
