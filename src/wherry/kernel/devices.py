"""Device nodes of the host, and its init for ``--init``. Sources: stat(2), ``admin-guide/devices.txt`` of Linux."""

import os
import shutil
import stat
from collections.abc import Iterator
from typing import Final

from wherry.model.device import DeviceNode

_HIDDEN: Final = frozenset(("pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"))
_INITS: Final = ("docker-init", "tini-static", "tini", "catatonit")


def device(path: str) -> DeviceNode:
    """The node at ``path``, links followed. OSError if there is none; NotADirectoryError never."""
    status = os.stat(path)
    if not (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        raise ValueError(f"{path}: not a device node")
    return DeviceNode(
        path=path,
        type="b" if stat.S_ISBLK(status.st_mode) else "c",
        major=os.major(status.st_rdev),
        minor=os.minor(status.st_rdev),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )


def devices(path: str) -> tuple[DeviceNode, ...]:
    """The node at ``path``, or all nodes below it if it is a directory."""
    return tuple(_below(path)) if os.path.isdir(path) else (device(path),)


def host_devices() -> tuple[DeviceNode, ...]:
    """All device nodes below /dev but terminals and consoles, which a container has of its own."""
    return devices("/dev")


def find_init() -> str:
    """Path of a small init to put before a container's command, "" if the host has none."""
    return next((path for name in _INITS if (path := shutil.which(name))), "")


def _below(directory: str) -> Iterator[DeviceNode]:
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode) and entry.name not in _HIDDEN:
            yield from _below(entry.path)
        elif (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and entry.name != "console":
            yield device(entry.path)
