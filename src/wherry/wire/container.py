"""Containers as Docker's API tells them.

What a client may send is ``T | None``, because clients send null; what Docker leaves out of its answers when it is
empty (Go's ``omitempty``) may be UNSET. The order of fields is that of Docker's answers.
"""

from msgspec import UNSET, Struct, UnsetType, field

from wherry.wire.host_config import HostConfig
from wherry.wire.mount import MountPoint
from wherry.wire.network import NetworkingConfig, NetworkSettings, Port, SummaryNetworks


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
