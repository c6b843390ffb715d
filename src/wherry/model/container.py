"""Containers: what was asked (spec) and what happened (state)."""

from enum import StrEnum

from msgspec import Struct

from wherry.model.health import Health
from wherry.model.image import Healthcheck
from wherry.model.mount import MountPoint, MountSpec
from wherry.model.network import Endpoint, EndpointSpec, PortSpec
from wherry.model.process import ProcessId
from wherry.model.remapping import Remapping
from wherry.model.resources import Resources, Ulimit


class RestartPolicy(Struct, frozen=True, kw_only=True):
    """``name`` is no, always, unless-stopped or on-failure; ``maximum`` counts tries of on-failure, 0 for no limit."""

    name: str = "no"
    maximum: int = 0


class LogConfig(Struct, frozen=True, kw_only=True):
    """``driver`` "": the engine's default."""

    driver: str = ""
    options: dict[str, str] = {}


class HostSpec(Struct, frozen=True, kw_only=True):
    """How a container stands to its host: Docker's HostConfig in our terms.

    ``masked_paths`` and ``readonly_paths`` are None for Docker's defaults, ``shm_size`` is 0 for the engine's.
    ``shallow_read_only`` says that read-only binds leave what is mounted below them as it is.
    ``network`` is default, bridge, host, none, ``container:<ref>`` or a network's name.
    """

    binds: tuple[str, ...] = ()
    mounts: tuple[MountSpec, ...] = ()
    shallow_read_only: bool = False
    tmpfs: dict[str, str] = {}
    volumes_from: tuple[str, ...] = ()
    volume_driver: str = ""
    network: str = "default"
    ports: tuple[PortSpec, ...] = ()
    publish_all: bool = False
    links: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    restart: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    privileged: bool = False
    read_only: bool = False
    init: bool | None = None
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    group_add: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    masked_paths: tuple[str, ...] | None = None
    readonly_paths: tuple[str, ...] | None = None
    sysctls: dict[str, str] = {}
    cgroup_namespace: str = ""
    cgroup_parent: str = ""
    ipc: str = ""
    pid: str = ""
    uts: str = ""
    userns: str = ""
    shm_size: int = 0
    oom_score_adj: int = 0
    runtime: str = ""
    log: LogConfig = LogConfig()
    storage_options: dict[str, str] = {}
    annotations: dict[str, str] = {}
    container_id_file: str = ""
    console_size: tuple[int, int] = (0, 0)
    resources: Resources = Resources()


class ContainerSpec(Struct, frozen=True, kw_only=True):
    """What was asked for, with the image's configuration merged in."""

    image: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    working_dir: str = ""
    user: str = ""
    hostname: str = ""
    domainname: str = ""
    labels: dict[str, str] = {}
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    stop_signal: str = ""
    stop_timeout: int | None = None
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    network_disabled: bool = False
    healthcheck: Healthcheck | None = None
    on_build: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    host: HostSpec = HostSpec()
    endpoints: tuple[EndpointSpec, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """Entrypoint and command, joined: what the container's init executes."""
        return (self.entrypoint or ()) + (self.command or ())


class Status(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    EXITED = "exited"
    DEAD = "dead"

    @property
    def alive(self) -> bool:
        """Whether there is a process (paused counts)."""
        return self in (Status.RUNNING, Status.PAUSED)

    @property
    def runs(self) -> bool:
        """Whether there is a process, or will be one again by itself."""
        return self.alive or self is Status.RESTARTING


class Pending(StrEnum):
    """A transition that was begun and not yet ended: what recovery must finish or undo.

    COPYING: it is paused because its files are copied, not because anybody wanted it to be.
    """

    STARTING = "starting"
    REMOVING = "removing"
    COPYING = "copying"


class ContainerState(Struct, frozen=True, kw_only=True):
    """What happened so far. Times are nanoseconds since the epoch, 0 for never.

    ``monitor`` outlives the daemon and leaves the exit code; ``process`` is the container's init on the host.
    ``restart_delay`` is how many seconds the last restart by policy waited. ``stopped_by_user`` keeps
    ``unless-stopped`` and ``on-failure`` from starting it again. ``health`` is None without a health check.
    ``takes_volumes`` is whether a pending removal takes its anonymous volumes too.
    """

    status: Status = Status.CREATED
    pending: Pending | None = None
    process: ProcessId | None = None
    monitor: ProcessId | None = None
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = False
    started_at: int = 0
    finished_at: int = 0
    restart_count: int = 0
    restart_delay: float = 0.0
    stopped_by_user: bool = False
    takes_volumes: bool = False
    health: Health | None = None

    @property
    def alive(self) -> bool:
        """Whether the container has a process (paused counts)."""
        return self.status.alive


SHM_SIZE = 64 << 20  # bytes of /dev/shm where nobody asks for others


class ContainerDefaults(Struct, frozen=True, kw_only=True):
    """What the daemon gives to containers that do not ask for something else."""

    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    shm_size: int = SHM_SIZE
    init: bool = False
    ipc: str = "private"
    cgroup_parent: str = ""
    cgroup_namespace: str = ""
    no_new_privileges: bool = False
    log: LogConfig = LogConfig(driver="json-file")


NO_SETTINGS = ContainerDefaults()
"""What containers get of a daemon that was told nothing."""


class Link(Struct, frozen=True, kw_only=True):
    """Another container, ``source`` (its ID), by an alias. ``source_name``: how it was called when they were linked."""

    source: str
    source_name: str
    alias: str


class Container(Struct, frozen=True, kw_only=True):
    """One container: identity, spec, what creation resolved, and state. ``created`` in nanoseconds.

    One that is made for a step of a ``build`` does not outlive the engine that builds. ``remapping`` is None for one
    whose users are the host's.
    """

    id: str
    name: str
    image_id: str
    chain_id: str
    created: int
    spec: ContainerSpec
    mounts: tuple[MountPoint, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    links: tuple[Link, ...] = ()
    runtime: str = ""
    remapping: Remapping | None = None
    state: ContainerState = ContainerState()
    build: bool = False

    @property
    def argv(self) -> tuple[str, ...]:
        """What the container's init executes."""
        return self.spec.argv
