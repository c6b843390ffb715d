"""Version, info and disk usage as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field

from wherry.wire.build import BuildCache
from wherry.wire.container import ContainerSummary
from wherry.wire.image import ImageSummary
from wherry.wire.volume import VolumeResource


class PlatformName(Struct, kw_only=True, rename="pascal"):
    name: str


class Component(Struct, kw_only=True, rename="pascal"):
    name: str
    version: str
    details: dict[str, str]


class VersionResponse(Struct, kw_only=True, rename="pascal"):
    platform: PlatformName
    components: list[Component]
    version: str
    api_version: str
    min_api_version: str = field(name="MinAPIVersion")
    git_commit: str
    go_version: str
    os: str
    arch: str
    kernel_version: str
    experimental: bool | UnsetType = UNSET
    build_time: str | UnsetType = UNSET


class Plugins(Struct, kw_only=True, rename="pascal"):
    volume: list[str]
    network: list[str]
    authorization: list[str] | None = None
    log: list[str]


class Index(Struct, kw_only=True, rename="pascal"):
    name: str
    mirrors: list[str]
    secure: bool
    official: bool


class RegistryConfig(Struct, kw_only=True, rename="pascal"):
    allow_nondistributable_artifacts_cidrs: None = field(default=None, name="AllowNondistributableArtifactsCIDRs")
    allow_nondistributable_artifacts_hostnames: None = None
    insecure_registry_cidrs: list[str] = field(name="InsecureRegistryCIDRs")
    index_configs: dict[str, Index]
    mirrors: list[str] | None


class Runtime(Struct, kw_only=True):
    path: str


class Swarm(Struct, kw_only=True, rename="pascal"):
    """What a node without a swarm says."""

    node_id: str = field(default="", name="NodeID")
    node_addr: str = ""
    local_node_state: str = "inactive"
    control_available: bool = False
    error: str = ""
    remote_managers: None = None


class Commit(Struct, kw_only=True, rename="pascal"):
    id: str = field(default="", name="ID")
    expected: str = ""


class InfoResponse(Struct, kw_only=True, rename="pascal"):
    id: str = field(name="ID")
    containers: int
    containers_running: int
    containers_paused: int
    containers_stopped: int
    images: int
    driver: str
    driver_status: list[tuple[str, str]]
    plugins: Plugins
    memory_limit: bool
    swap_limit: bool
    kernel_memory: bool | UnsetType = UNSET
    kernel_memory_tcp: bool | UnsetType = field(default=UNSET, name="KernelMemoryTCP")
    cpu_cfs_period: bool
    cpu_cfs_quota: bool
    cpu_shares: bool = field(name="CPUShares")
    cpu_set: bool = field(name="CPUSet")
    pids_limit: bool
    ipv4_forwarding: bool = field(name="IPv4Forwarding")
    bridge_nf_iptables: bool
    bridge_nf_ip6tables: bool = field(name="BridgeNfIp6tables")
    debug: bool
    n_fd: int
    oom_kill_disable: bool
    n_goroutines: int
    system_time: str
    logging_driver: str
    cgroup_driver: str
    cgroup_version: str
    n_events_listener: int
    kernel_version: str
    operating_system: str
    os_version: str = field(name="OSVersion")
    os_type: str = field(name="OSType")
    architecture: str
    index_server_address: str
    registry_config: RegistryConfig
    ncpu: int = field(name="NCPU")
    mem_total: int
    generic_resources: None = None
    docker_root_dir: str
    http_proxy: str
    https_proxy: str
    no_proxy: str
    name: str
    labels: list[str]
    experimental_build: bool
    server_version: str
    runtimes: dict[str, Runtime]
    default_runtime: str
    swarm: Swarm
    live_restore_enabled: bool
    isolation: str = ""
    init_binary: str
    containerd_commit: Commit
    runc_commit: Commit
    init_commit: Commit
    security_options: list[str]
    cdi_spec_dirs: list[str] = field(name="CDISpecDirs")
    warnings: list[str] | None
    execution_driver: str | UnsetType = UNSET


class DiskUsageResponse(Struct, kw_only=True, rename="pascal"):
    layers_size: int
    images: list[ImageSummary] | None
    containers: list[ContainerSummary] | None
    volumes: list[VolumeResource] | None
    build_cache: list[BuildCache] | None
    builder_size: int | UnsetType = UNSET
