"""Containers as Docker's API tells them.

What a client may send is ``T | None``, because clients send null; what Docker leaves out of its answers when it is
empty (Go's ``omitempty``) may be UNSET. The order of fields is that of Docker's answers.
"""

from msgspec import UNSET, Struct, UnsetType, field

from wherry.wire.mount import Mount, MountPoint
from wherry.wire.network import NetworkingConfig, NetworkSettings, Port, PortBinding, SummaryNetworks


class Empty(Struct):
    """``{}``: what sets look like in Docker's JSON."""


class HealthConfig(Struct, kw_only=True, rename="pascal"):
    """``test`` begins with NONE, CMD or CMD-SHELL. Times are nanoseconds."""

    test: list[str] | UnsetType | None = UNSET
    interval: int | UnsetType | None = UNSET
    timeout: int | UnsetType | None = UNSET
    start_period: int | UnsetType | None = UNSET
    start_interval: int | UnsetType | None = UNSET
    retries: int | UnsetType | None = UNSET


class ContainerConfig(Struct, kw_only=True, rename="pascal"):
    """What runs in a container; also the ``Config`` of an image."""

    hostname: str | None = None
    domainname: str | None = None
    user: str | None = None
    attach_stdin: bool | None = None
    attach_stdout: bool | None = None
    attach_stderr: bool | None = None
    exposed_ports: dict[str, Empty | None] | UnsetType | None = UNSET
    tty: bool | None = None
    open_stdin: bool | None = None
    stdin_once: bool | None = None
    env: list[str] | None = None
    cmd: list[str] | str | None = None
    healthcheck: HealthConfig | UnsetType | None = UNSET
    image: str | None = None
    volumes: dict[str, Empty | None] | None = None
    working_dir: str | None = None
    entrypoint: list[str] | str | None = None
    network_disabled: bool | UnsetType | None = UNSET
    mac_address: str | UnsetType | None = UNSET
    on_build: list[str] | None = None
    labels: dict[str, str] | None = None
    stop_signal: str | UnsetType | None = UNSET
    stop_timeout: int | UnsetType | None = UNSET
    shell: list[str] | UnsetType | None = UNSET


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
    cap_add: list[str] | None = None
    cap_drop: list[str] | None = None
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


class CreateRequest(ContainerConfig, kw_only=True, rename="pascal"):
    """The body of a create: a config with its host's and its networks' side."""

    host_config: HostConfig | None = None
    networking_config: NetworkingConfig | None = None


class CreateResponse(Struct, kw_only=True, rename="pascal"):
    id: str
    warnings: list[str]


class HealthResult(Struct, kw_only=True, rename="pascal"):
    start: str
    end: str
    exit_code: int
    output: str


class Health(Struct, kw_only=True, rename="pascal"):
    status: str
    failing_streak: int
    log: list[HealthResult]


class State(Struct, kw_only=True, rename="pascal"):
    status: str
    running: bool
    paused: bool
    restarting: bool
    oom_killed: bool = field(name="OOMKilled")
    dead: bool
    pid: int
    exit_code: int
    error: str
    started_at: str
    finished_at: str
    health: Health | UnsetType = UNSET


class GraphDriver(Struct, kw_only=True, rename="pascal"):
    data: dict[str, str] | None
    name: str


class ContainerInspect(Struct, kw_only=True, rename="pascal"):
    id: str
    created: str
    path: str
    args: list[str]
    state: State
    image: str
    resolv_conf_path: str
    hostname_path: str
    hosts_path: str
    log_path: str
    name: str
    restart_count: int
    driver: str
    platform: str = "linux"
    mount_label: str = ""
    process_label: str = ""
    app_armor_profile: str = ""
    exec_ids: list[str] | None = field(default=None, name="ExecIDs")
    host_config: HostConfig
    graph_driver: GraphDriver
    size_rw: int | UnsetType = UNSET
    size_root_fs: int | UnsetType = UNSET
    mounts: list[MountPoint]
    config: ContainerConfig
    network_settings: NetworkSettings


class SummaryHostConfig(Struct, kw_only=True, rename="pascal"):
    network_mode: str
    annotations: dict[str, str] | UnsetType = UNSET


class ContainerSummary(Struct, kw_only=True, rename="pascal"):
    """A line of ``ps``. ``created`` is in seconds since the epoch."""

    id: str
    names: list[str]
    image: str
    image_id: str = field(name="ImageID")
    command: str
    created: int
    ports: list[Port]
    size_rw: int | UnsetType = UNSET
    size_root_fs: int | UnsetType = UNSET
    labels: dict[str, str]
    state: str
    status: str
    host_config: SummaryHostConfig
    network_settings: SummaryNetworks
    mounts: list[MountPoint]


class TopResponse(Struct, kw_only=True, rename="pascal"):
    processes: list[list[str]]
    titles: list[str]


class FilesystemChange(Struct, kw_only=True, rename="pascal"):
    """``kind`` is 0 for a change, 1 for an addition, 2 for a deletion."""

    path: str
    kind: int


class UpdateResponse(Struct, kw_only=True, rename="pascal"):
    warnings: list[str] | None


class WaitError(Struct, kw_only=True, rename="pascal"):
    message: str


class WaitResponse(Struct, kw_only=True, rename="pascal"):
    status_code: int
    error: WaitError | UnsetType = UNSET


class ContainersPruned(Struct, kw_only=True, rename="pascal"):
    containers_deleted: list[str] | None
    space_reclaimed: int
