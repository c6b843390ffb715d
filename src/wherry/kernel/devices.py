"""Device nodes of the host, and its init for ``--init``.

Sources: stat(2), moby ``oci/devices_linux.go``, runc ``libcontainer/devices`` for what privileged containers get.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.device import DeviceNode

_OWN: Final = frozenset(("pts", "shm", "fd", "mqueue", "console", ".lxc", ".lxd-mounts", ".udev"))
_INITS: Final = ("docker-init", "tini-static", "tini", "catatonit")
_SYSTEM_PATH: Final = (
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec/docker:/usr/libexec/podman"
)


def device(path: str) -> DeviceNode:
    """The node at ``path``, links followed. InvalidArgument, with Docker's text, if there is none."""
    try:
        node = _node(path, os.stat(path))
    except OSError as error:
        raise _unusable(path, os.strerror(error.errno or 0).lower()) from None
    if node is None:
        raise _unusable(path, "not a device node")
    return node


def devices(path: str) -> tuple[DeviceNode, ...]:
    """The node at ``path``, or all nodes below it if it is a directory. Raises what ``device`` raises."""
    if not os.path.isdir(path):
        return (device(path),)
    found = tuple(_below(path))
    if not found:
        raise _unusable(path, "not a device node")
    return found


def host_devices() -> tuple[DeviceNode, ...]:
    """All device nodes below /dev, but for those that a container always has of its own."""
    return tuple(_below("/dev"))


def find_init() -> str:
    """Path of a small init to put before a container's command, "" if the host has none."""
    return next((path for name in _INITS if (path := shutil.which(name, path=_SYSTEM_PATH))), "")


def _below(directory: str) -> Iterator[DeviceNode]:
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            with suppress(FileNotFoundError):  # gone since the directory was read
                yield from _at(entry)


def _at(entry: os.DirEntry[str]) -> Iterator[DeviceNode]:
    if entry.name in _OWN:
        return
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        yield from _below(entry.path)
    elif node := _node(entry.path, status):
        yield node


def _node(path: str, status: os.stat_result) -> DeviceNode | None:
    """None if the status is not of a device node."""
    if not (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        return None
    return DeviceNode(
        path=path,
        type="b" if stat.S_ISBLK(status.st_mode) else "c",
        major=os.major(status.st_rdev),
        minor=os.minor(status.st_rdev),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )


def _unusable(path: str, reason: str) -> InvalidArgument:
    return InvalidArgument(f'error gathering device information while adding custom device "{path}": {reason}')
