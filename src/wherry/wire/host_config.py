"""The ``HostConfig`` of a container: its host's side, as Docker's API tells it. What may be left out is as in
``wire/container.py``."""

from msgspec import UNSET, Struct, UnsetType, field

from wherry.wire.mount import Mount
from wherry.wire.network import PortBinding


class LogConfig(Struct, kw_only=True, rename="pascal"):
    type: str | None = None
    config: dict[str, str] | None = None


class RestartPolicy(Struct, kw_only=True, rename="pascal"):
    name: str | None = None
    maximum_retry_count: int | None = None


class Ulimit(Struct, kw_only=True, rename="pascal"):
    name: str | None = None
    hard: int | None = None
    soft: int | None = None


class DeviceMapping(Struct, kw_only=True, rename="pascal"):
    path_on_host: str | None = None
    path_in_container: str | None = None
    cgroup_permissions: str | None = None


class DeviceRequest(Struct, kw_only=True, rename="pascal"):
    driver: str | None = None
    count: int | None = None
    device_ids: list[str] | None = field(default=None, name="DeviceIDs")
    capabilities: list[list[str]] | None = None
    options: dict[str, str] | None = None


class WeightDevice(Struct, kw_only=True, rename="pascal"):
    path: str | None = None
    weight: int | None = None


class ThrottleDevice(Struct, kw_only=True, rename="pascal"):
    """``rate`` in bytes or operations a second."""

    path: str | None = None
    rate: int | None = None


class HostConfig(Struct, kw_only=True, rename="pascal"):
    """How a container stands to its host. ``console_size`` is height and width."""

    binds: list[str] | None = None
    container_id_file: str | None = field(default=None, name="ContainerIDFile")
    log_config: LogConfig | None = None
    network_mode: str | None = None
    port_bindings: dict[str, list[PortBinding] | None] | None = None
    restart_policy: RestartPolicy | None = None
    auto_remove: bool | None = None
    volume_driver: str | None = None
    volumes_from: list[str] | None = None
    console_size: list[int] | None = None
    annotations: dict[str, str] | UnsetType | None = UNSET
    cap_add: list[str] | str | None = None
    cap_drop: list[str] | str | None = None
    cgroupns_mode: str | None = None
    dns: list[str] | None = None
    dns_options: list[str] | None = None
    dns_search: list[str] | None = None
    extra_hosts: list[str] | None = None
    group_add: list[str] | None = None
    ipc_mode: str | None = None
    cgroup: str | None = None
    links: list[str] | None = None
    oom_score_adj: int | None = None
    pid_mode: str | None = None
    privileged: bool | None = None
    publish_all_ports: bool | None = None
    readonly_rootfs: bool | None = None
    security_opt: list[str] | None = None
    storage_opt: dict[str, str] | UnsetType | None = UNSET
    tmpfs: dict[str, str] | UnsetType | None = UNSET
    uts_mode: str | None = field(default=None, name="UTSMode")
    userns_mode: str | None = None
    shm_size: int | None = None
    sysctls: dict[str, str] | UnsetType | None = UNSET
    runtime: str | None = None
    isolation: str | None = None
    cpu_shares: int | None = None
    memory: int | None = None
    nano_cpus: int | None = None
    cgroup_parent: str | None = None
    blkio_weight: int | None = None
    blkio_weight_device: list[WeightDevice] | None = None
    blkio_device_read_bps: list[ThrottleDevice] | None = None
    blkio_device_write_bps: list[ThrottleDevice] | None = None
    blkio_device_read_iops: list[ThrottleDevice] | None = field(default=None, name="BlkioDeviceReadIOps")
    blkio_device_write_iops: list[ThrottleDevice] | None = field(default=None, name="BlkioDeviceWriteIOps")
    cpu_period: int | None = None
    cpu_quota: int | None = None
    cpu_realtime_period: int | None = None
    cpu_realtime_runtime: int | None = None
    cpuset_cpus: str | None = None
    cpuset_mems: str | None = None
    devices: list[DeviceMapping] | None = None
    device_cgroup_rules: list[str] | None = None
    device_requests: list[DeviceRequest] | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    pids_limit: int | None = None
    ulimits: list[Ulimit] | None = None
    cpu_count: int | None = None
    cpu_percent: int | None = None
    io_maximum_iops: int | None = field(default=None, name="IOMaximumIOps")
    io_maximum_bandwidth: int | None = field(default=None, name="IOMaximumBandwidth")
    mounts: list[Mount] | UnsetType | None = UNSET
    masked_paths: list[str] | None = None
    readonly_paths: list[str] | None = None
    init: bool | UnsetType | None = UNSET
