"""The facts of this host."""

import os
import shutil
import subprocess
from pathlib import Path

from .facts import UNTESTED, Facts, Mount
from .trials import try_all

PROGRAMS = ("crun", "runc", "conmon", "nft", "docker-init", "tini", "catatonit")


def gather(data_root: Path) -> Facts:
    """Look at the host; as root, also try what an engine will do."""
    is_root = os.geteuid() == 0
    mounts = tuple(mount for mount in _mounts() if mount.kind in ("cgroup", "cgroup2"))
    folder = next(path for path in (data_root, *data_root.parents) if path.is_dir())
    names = ("overlay", "bridge", "veth", "nftables")
    return Facts(
        is_root=is_root,
        kernel=os.uname().release,
        cgroup_mounts=mounts,
        unified_controllers=_unified(mounts, "cgroup.controllers"),
        unified_used=_unified(mounts, "cgroup.subtree_control"),
        programs={name: _version(name) for name in PROGRAMS if shutil.which(name)},
        trials=try_all(folder) if is_root else dict.fromkeys(names, UNTESTED),
        tried_in=str(folder),
        ipv4_forwarding=_read("/proc/sys/net/ipv4/ip_forward") == "1",
        seccomp=bool(_read("/proc/sys/kernel/seccomp/actions_avail")),
        user_namespaces=int(_read("/proc/sys/user/max_user_namespaces") or 0),
        apparmor=_read("/sys/module/apparmor/parameters/enabled") == "Y",
        capabilities=_capabilities(),
    )


def _read(path: str) -> str:
    """A file's content; "" where the kernel does not have it."""
    try:
        return Path(path).read_text().strip()
    except FileNotFoundError:
        return ""


def _mounts() -> list[Mount]:
    lines = [line.split(" ") for line in _read("/proc/self/mounts").splitlines()]
    return [Mount(kind=kind, path=path, options=tuple(options.split(","))) for _, path, kind, options, *_ in lines]


def _unified(mounts: tuple[Mount, ...], file: str) -> tuple[str, ...]:
    """The controllers that a file of version 2's root names."""
    paths = [mount.path for mount in mounts if mount.kind == "cgroup2"]
    return tuple(_read(f"{paths[0]}/{file}").split()) if paths else ()


def _version(name: str) -> str:
    """The last word with a digit of the first line that ``name`` prints about itself."""
    answer = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
    words = (answer.stdout or answer.stderr).partition("\n")[0].split()
    return next((word.strip("(),") for word in words if any(map(str.isdigit, word))), "unknown")


def _capabilities() -> int:
    lines = _read("/proc/self/status").splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
