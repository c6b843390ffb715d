"""What the host is."""

from msgspec import Struct


class HostFacts(Struct, frozen=True, kw_only=True):
    """What the host is, read once at start."""

    hostname: str
    kernel: str
    operating_system: str
    os_version: str
    architecture: str
    cpus: int
    memory: int
    cgroup_version: int
    controllers: tuple[str, ...]
    can_raise_limits: bool
    nofile_hard: int
    oom_score_adj: int
    seccomp: bool
    apparmor: bool
    backing_filesystem: str
    boot_id: str
    memory_nodes: int = 1
    journald: bool = False


class Forwarding(Struct, frozen=True, kw_only=True):
    """Which of the kernel's parameters for routing and bridges are on."""

    ipv4: bool
    bridged_ipv4: bool
    bridged_ipv6: bool
