"""What the host is: facts for ``/info`` and for finding out what does not work here.

Sources: uname(2), os-release(5), proc_meminfo(5), capabilities(7), ``Documentation/admin-guide/LSM``.
"""

import os
import resource
import shutil
import socket
from pathlib import Path
from typing import Final

from wherry.kernel import apparmor, cgroups, identity
from wherry.kernel.mounts import file_system
from wherry.model.host import HostFacts

_CAP_SYS_RESOURCE: Final = 24
_TICK: Final = os.sysconf("SC_CLK_TCK")
_NANOSECOND: Final = 10**9


def facts(data_root: str) -> HostFacts:
    """Everything at once; ``data_root`` is an existing directory, whose file system is told."""
    release = os_release()
    layout = cgroups.probe()
    system = os.uname()
    return HostFacts(
        hostname=socket.gethostname(),
        kernel=system.release,
        operating_system=release.get("PRETTY_NAME") or release.get("NAME") or "Linux",
        os_version=release.get("VERSION_ID", ""),
        architecture=system.machine,
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        cgroup_version=layout.version,
        controllers=layout.controllers,
        can_raise_limits=has_capability(_CAP_SYS_RESOURCE),
        nofile_hard=hard_limit(resource.RLIMIT_NOFILE),
        oom_score_adj=int(Path("/proc/self/oom_score_adj").read_text()),
        seccomp=_status_field("Seccomp") is not None,
        apparmor=apparmor.available(),
        backing_filesystem=file_system(data_root),
        boot_id=identity.boot_id(),
        journald=Path("/run/systemd/journal/socket").is_socket() and shutil.which("journalctl") is not None,
        memory_nodes=len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or 1,
    )


def os_release() -> dict[str, str]:
    """The fields of /etc/os-release, or of the vendor's in /usr/lib; none if there is no such file."""
    text = _read("/etc/os-release") or _read("/usr/lib/os-release")
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name: _unquoted(value) for name, value in pairs}


def has_capability(number: int) -> bool:
    """Whether this thread has the capability in effect; CAP_* numbers of ``linux/capability.h``."""
    return bool(int(_status_field("CapEff") or "0", 16) >> number & 1)


def hard_limit(which: int) -> int:
    """The hard limit of a ``resource.RLIMIT_*``; −1 for none (RLIM_INFINITY)."""
    return resource.getrlimit(which)[1]


def cpu_time() -> int:
    """Nanoseconds that all CPUs of the host together have spent, busy or idle, since boot."""
    with open("/proc/stat") as file:
        fields = file.readline().split()[1:8]  # user nice system idle iowait irq softirq; guest is within user
    return sum(map(int, fields)) * _NANOSECOND // _TICK


def _status_field(name: str) -> str | None:
    for line in _read("/proc/thread-self/status").splitlines():
        field, _, value = line.partition(":")
        if field == name:
            return value.strip()
    return None


def _read(path: str) -> str:
    """A small file, "" if it is not there or hidden."""
    try:
        return Path(path).read_text().strip()
    except (FileNotFoundError, PermissionError):
        return ""


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
