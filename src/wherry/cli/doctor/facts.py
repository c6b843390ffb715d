"""What there is to know about a host, as data."""

from dataclasses import dataclass

UNTESTED = "not tested: only root may"


@dataclass(frozen=True, kw_only=True)
class Mount:
    kind: str
    path: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """``unified_used`` are those of ``unified_controllers`` that groups on version 2 have. ``programs`` has the version
    of each program found, by name.

    ``trials`` tells for overlay, bridge, veth and nftables why the kernel refused them, "" when it did not.
    """

    is_root: bool
    kernel: str
    cgroup_mounts: tuple[Mount, ...]
    unified_controllers: tuple[str, ...]
    unified_used: tuple[str, ...]
    programs: dict[str, str]
    trials: dict[str, str]
    tried_in: str
    ipv4_forwarding: bool
    seccomp: bool
    user_namespaces: int
    apparmor: bool
    capabilities: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``status`` is ok, note (an engine runs, something is less than it could be) or missing (no engine can run)."""

    check: str
    status: str
    found: str
    mend: str = ""
