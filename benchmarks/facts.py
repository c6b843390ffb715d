"""The machine and the programs, as far as numbers depend on them."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from wherry.version import VERSION

from .contestants import Engine

PROGRAMS = {
    "crun": ("crun", "--version"),
    "runc": ("runc", "--version"),
    "conmon": ("conmon", "--version"),
    "docker CLI": ("docker", "--version"),
    "containerd": ("containerd", "--version"),
    "podman": ("podman", "--version"),
    "skopeo": ("skopeo", "--version"),
    "docker-registry": ("docker-registry", "--version"),
}
NUMBER = re.compile(r"\d+\.\d+[\w.+~-]*")


def machine() -> dict[str, object]:
    """Kernel, processors, memory, control groups, and the versions of what is installed."""
    versions = {name: version for name, argv in PROGRAMS.items() if (version := _version(argv))}
    return {
        "kernel": platform.release(),
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "processors": os.cpu_count(),
        "memory": _field(Path("/proc/meminfo"), "MemTotal"),
        "control groups": "v2" if Path("/sys/fs/cgroup/cgroup.controllers").exists() else "v1",
        "disk": _disk(),
        "python": platform.python_version(),
        "wherry": VERSION,
        **versions,
    }


def engines(engines: Iterable[Engine]) -> dict[str, object]:
    """What each daemon says of itself."""
    facts: dict[str, object] = {}
    for engine in engines:
        info = engine.info()
        names = ("ServerVersion", "Driver", "DefaultRuntime", "LoggingDriver", "CgroupDriver", "CgroupVersion")
        facts[f"{engine.kind} engine"] = ", ".join(f"{name} {info.get(name)}" for name in names)
    return facts


def load() -> str:
    """The load average over 1, 5 and 15 minutes (proc_loadavg(5))."""
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


def _version(argv: tuple[str, ...]) -> str | None:
    """None if the program is not installed."""
    try:
        said = subprocess.run(argv, check=True, capture_output=True, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    found = NUMBER.search(said.stdout + said.stderr)
    return found.group() if found else None


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return " ".join(line.partition(":")[2].split())
    return "unknown"


def _disk() -> str:
    """The file system under /var/lib, where the images are."""
    argv = ["findmnt", "--noheadings", "--output", "FSTYPE", "--target", "/var/lib"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
