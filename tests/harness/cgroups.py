"""The limits of a process in the kernel's own files, on control groups of version 1 and 2."""

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
UNIFIED = (ROOT / "cgroup.controllers").exists()
# controller, file of version 1, file of version 2
_FILES = {
    "cpu quota": ("cpu", "cpu.cfs_quota_us", "cpu.max"),
    "cpu shares": ("cpu", "cpu.shares", "cpu.weight"),
    "cpuset": ("cpuset", "cpuset.cpus", "cpuset.cpus"),
    "memory": ("memory", "memory.limit_in_bytes", "memory.max"),
    "memory and swap": ("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),
    "memory reservation": ("memory", "memory.soft_limit_in_bytes", "memory.low"),
    "pids": ("pids", "pids.max", "pids.max"),
}


def limit(pid: int, what: str) -> str:
    """The first word of the file that holds the limit."""
    controller, first, second = _FILES[what]
    return (_folder(pid, controller) / (second if UNIFIED else first)).read_text().split()[0]


def _folder(pid: int, controller: str) -> Path:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if UNIFIED and not controllers:
            return ROOT / path.lstrip("/")
        if controller in controllers.split(","):
            return ROOT / controller / path.lstrip("/")
    raise AssertionError(f"{pid} is in no group of {controller}")
