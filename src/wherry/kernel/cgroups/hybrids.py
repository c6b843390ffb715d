"""Hybrid hosts, where some controllers are mounted as version 1: those that were left on version 2, taken from it.

A controller leaves version 2 when it is mounted as version 1, wherever that is: a mount that is attached nowhere will
do. Nobody sees it, and it ends with the process that holds it, however that ends.

Sources: cgroups(7), fsmount(2), ``rebind_subsystems`` in ``kernel/cgroup/cgroup.c``.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from wherry.kernel import syscalls
from wherry.kernel.cgroups import Layout
from wherry.kernel.syscalls import FsConfig

_log = logging.getLogger(__name__)


@contextmanager
def all_on_version_1(layout: Layout) -> Iterator[None]:
    """Meanwhile a hybrid host has no controller on version 2, unless a group there uses one: then all stay."""
    with ExitStack() as held:
        try:
            for controller in layout.unified_controllers if layout.hybrid else ():
                held.callback(os.close, _mounted(controller))
        except OSError as error:
            _log.info("control groups stay on both versions: %s", error)
            held.close()
        yield


def _mounted(controller: str) -> int:
    """A descriptor of the controller's version 1 hierarchy. OSError: EBUSY where groups of version 2 use it."""
    fs = syscalls.fsopen("cgroup")
    try:
        syscalls.fsconfig(fs, FsConfig.SET_FLAG, controller)
        syscalls.fsconfig(fs, FsConfig.CREATE)
        return syscalls.fsmount(fs)
    finally:
        os.close(fs)
