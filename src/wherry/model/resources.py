"""What a container may use."""

from msgspec import Struct


class Ulimit(Struct, frozen=True, kw_only=True):
    name: str
    soft: int
    hard: int


class Device(Struct, frozen=True, kw_only=True):
    """A device node given to a container; ``permissions`` is a subset of ``rwm``."""

    host_path: str
    container_path: str
    permissions: str = "rwm"


class DeviceRate(Struct, frozen=True, kw_only=True):
    """A limit on one block device: bytes or operations a second, or a weight."""

    path: str
    rate: int


class Resources(Struct, frozen=True, kw_only=True):
    """Limits, in the kernel's units: bytes, microseconds, nano-CPUs (10⁹ is one processor). 0 or None: not limited."""

    cpu_shares: int = 0
    nano_cpus: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_realtime_period: int = 0
    cpu_realtime_runtime: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    memory: int = 0
    memory_reservation: int = 0
    memory_swap: int = 0
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    pids_limit: int | None = None
    blkio_weight: int = 0
    blkio_weight_devices: tuple[DeviceRate, ...] = ()
    read_bps: tuple[DeviceRate, ...] = ()
    write_bps: tuple[DeviceRate, ...] = ()
    read_iops: tuple[DeviceRate, ...] = ()
    write_iops: tuple[DeviceRate, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    devices: tuple[Device, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
