"""Control groups, version 1, version 2 and hybrid: what is mounted, who is in a group, its removal.

A group is named by its path below every hierarchy's root, such as ``/wherry/<id>``.

Sources: cgroups(7), ``Documentation/admin-guide/cgroup-v1``, ``cgroup-v2.rst``.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from wherry.kernel.mounts import MountEntry, mount_table

_CHILDLESS: Final = 2  # links: the one in its parent and its own dot


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where control groups are mounted.

    ``unified``: mount point of version 2, "" if it is not mounted. ``legacy``: controller → mount point of its
    version 1 hierarchy; those without a controller go by their name (``name=systemd``).
    ``unified_controllers``: those that version 2 has; in a hybrid, the ones not mounted as version 1.
    """

    unified: str
    legacy: dict[str, str]
    unified_controllers: tuple[str, ...]

    @property
    def version(self) -> int:
        """1 if any controller is (a hybrid is version 1, as Docker has it), else 2."""
        return 1 if any("=" not in name for name in self.legacy) else 2

    @property
    def hybrid(self) -> bool:
        return self.version == 1 and bool(self.unified)

    @property
    def controllers(self) -> tuple[str, ...]:
        """All that can be used, sorted."""
        legacy = (name for name in self.legacy if "=" not in name)
        return tuple(sorted({*legacy, *self.unified_controllers}))

    def mount_points(self) -> tuple[str, ...]:
        """Each hierarchy once (cpu and cpuacct often share one)."""
        return tuple(dict.fromkeys((*self.legacy.values(), *filter(None, (self.unified,)))))


def probe(table: Iterable[MountEntry] | None = None) -> Layout:
    """The layout of this host, from its mount table."""
    unified = ""
    legacy: dict[str, str] = {}
    known = _known_controllers()
    for entry in mount_table() if table is None else table:
        if entry.fs_type == "cgroup2":
            unified = unified or entry.target
        elif entry.fs_type == "cgroup":
            for option in entry.fs_options:
                if option in known or option.startswith("name="):
                    legacy.setdefault(option, entry.target)
    controllers = Path(unified, "cgroup.controllers").read_text().split() if unified else ()
    return Layout(unified=unified, legacy=legacy, unified_controllers=tuple(controllers))


def crun_obstacle(layout: Layout) -> str | None:
    """Why crun cannot run here, None if it can.

    crun (1.21) refuses a hybrid host unless ``cgroup.controllers`` of the version 2 root is empty; runc does not mind.
    See ``hybrids`` for how it can be emptied.
    """
    if not layout.hybrid or not layout.unified_controllers:
        return None
    left = ", ".join(layout.unified_controllers)
    return f"crun needs all cgroup controllers on version 1 or all on version 2; still on version 2: {left}"


def directory(layout: Layout, controller: str, group: str) -> Path:
    """Where the files of ``controller`` for ``group`` are. KeyError if the host has no such controller."""
    if controller in layout.legacy:
        return Path(layout.legacy[controller] + group)
    if controller in layout.unified_controllers:
        return Path(layout.unified + group)
    raise KeyError(controller)


def processes(layout: Layout, group: str) -> tuple[int, ...]:
    """The pids in a group and in the groups below it; none if there is no such group."""
    found: list[int] = []
    for folder in _tree(_anchor(layout) + group):
        found += map(int, read(Path(folder, "cgroup.procs")).split())
    return tuple(found)


def remove(layout: Layout, group: str) -> None:
    """Removes a group and the groups below it from all hierarchies. Idempotent; EBUSY while processes are in it."""
    for mount_point in layout.mount_points():
        for folder in reversed(tuple(_tree(mount_point + group))):
            with suppress(FileNotFoundError):
                os.rmdir(folder)


def read(path: Path) -> str:
    """A file of a control group, "" if the file or the group is gone."""
    try:
        return path.read_text()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV):  # ENODEV: the group went away after the file was opened
            return ""
        raise


def _known_controllers() -> frozenset[str]:
    """Names in /proc/cgroups (cgroups(7)): what tells a controller from another mount option."""
    with open("/proc/cgroups") as file:
        return frozenset(line.split()[0] for line in file if not line.startswith("#"))


def _anchor(layout: Layout) -> str:
    """The hierarchy to find processes in: a process of a group is there in all of them."""
    for controller in ("freezer", "pids", "memory"):
        if controller in layout.legacy:
            return layout.legacy[controller]
    return layout.unified


def _tree(top: str) -> Iterator[str]:
    """A group and all groups below it, parents first; nothing if it does not exist. Most have none below them, which
    their number of links tells (``fs/kernfs/inode.c``): listing the files of each would take five times as long."""
    with suppress(FileNotFoundError):
        if os.stat(top).st_nlink == _CHILDLESS:
            yield top
        else:
            yield from (folder for folder, _names, _files in os.walk(top))
