"""Mounts that would hide what /proc tells of a process, and what the engine and the runtime rely on there.

runc refuses them and crun does not (CVE-2019-16884: a volume in place of /proc/self/attr takes the AppArmor profile
away). Rules and words are runc's, ``checkProcMount`` of ``libcontainer/rootfs_linux.go``.
"""

from typing import Final

from wherry.errors import RuntimeFailure
from wherry.model.mount import MountKind, MountPoint

_FAILED: Final = "failed to create task for container: failed to create shim task: OCI runtime create failed"
_REPLACEABLE: Final = frozenset(
    f"/proc/{name}"
    for name in (
        *("cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "net/dev"),
        *("sys/kernel/ns_last_pid", "sys/crypto/fips_enabled"),
    )
)
"""What tools such as lxcfs stand in for."""


def check(point: MountPoint, place: str) -> None:
    """RuntimeFailure for a mount on /proc that is not the host's, and for one in it. ``place`` is where its target
    leads by the links of an image, which may come with a volume for a link to /proc."""
    if place == "/proc" and (point.kind, point.source) != (MountKind.BIND, "/proc"):
        raise _refusal(point, "it is not of type proc")
    if place.startswith("/proc/") and place not in _REPLACEABLE:
        raise _refusal(point, "it is inside /proc")


def _refusal(point: MountPoint, reason: str) -> RuntimeFailure:
    what = "tmpfs" if point.kind is MountKind.TMPFS else point.source
    why = f'"{point.target}" cannot be mounted because {reason}'
    return RuntimeFailure(f'{_FAILED}: error mounting "{what}" to rootfs at "{point.target}": {why}: unknown')
