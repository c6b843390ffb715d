"""Hybrid hosts, where some controllers are mounted as version 1: those that were left on version 2, taken from it.

A controller leaves version 2 when it is mounted as version 1, wherever that is: a mount that is attached nowhere will
do. Nobody sees it, and it ends with the last process that holds it, however that ends.

Sources: cgroups(7) (``/proc/cgroups``), fsmount(2), ``rebind_subsystems`` in ``kernel/cgroup/cgroup.c``.
"""

import asyncio
import errno
import logging
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from wherry.kernel import syscalls
from wherry.kernel.cgroups import Layout
from wherry.kernel.syscalls import FsConfig

_log = logging.getLogger(__name__)

# An engine that has just ended gave up hierarchies that the kernel still undoes: for some 50 ms they are busy.
_PATIENCE: Final = 1.0
_PAUSE: Final = 0.005


async def take_from_version_2(layout: Layout, held: ExitStack) -> None:
    """Until ``held`` is closed a hybrid host has no controller on version 2, unless a group there uses one: then all
    stay."""
    if not layout.hybrid or _used(layout):
        return
    with ExitStack() as taken:
        try:
            for controller in (*layout.unified_controllers, *_taken_by_others(layout)):
                taken.callback(os.close, await _patiently_mounted(controller))
        except OSError as error:
            _log.warning("control groups stay on both versions: %s", error)
        else:
            held.enter_context(taken.pop_all())


def _taken_by_others(layout: Layout) -> list[str]:
    """Controllers that other engines have taken from version 2, and would give back when they end: version 1 has each
    in a hierarchy of its own, and nowhere in sight."""
    rows = [line.split() for line in Path("/proc/cgroups").read_text().splitlines()[1:]]
    hierarchies = [hierarchy for _, hierarchy, *_ in rows]
    return [
        name
        for name, hierarchy, *_ in rows
        if hierarchy != "0" and hierarchies.count(hierarchy) == 1 and name not in layout.legacy
    ]


def _used(layout: Layout) -> bool:
    """Whether groups of version 2 have controllers: the kernel would refuse to move those."""
    return bool(Path(layout.unified, "cgroup.subtree_control").read_text().strip())


async def _patiently_mounted(controller: str) -> int:
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        try:
            return _mounted(controller)
        except OSError as error:
            if error.errno != errno.EBUSY or loop.time() > until:
                raise
        await asyncio.sleep(_PAUSE)


def _mounted(controller: str) -> int:
    """A descriptor of the controller's version 1 hierarchy. OSError: EBUSY while groups of another one have it."""
    fs = syscalls.fsopen("cgroup")
    try:
        syscalls.fsconfig(fs, FsConfig.SET_FLAG, controller)
        syscalls.fsconfig(fs, FsConfig.CREATE)
        return syscalls.fsmount(fs)
    finally:
        os.close(fs)
