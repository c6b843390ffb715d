"""Paying for the first move into a control group before it is made.

Moving a process into a control group takes a lock that the kernel keeps cheap for everybody else (fork, exit): whoever
takes it after a pause waits for an RCU grace period first, 5 to 20 ms here, and whoever comes within the next 10 ms or
so does not wait at all (``cgroup_threadgroup_rwsem`` in ``kernel/cgroup/cgroup.c``, ``kernel/rcu/sync.c``). A
container's first process is such a move, and so is that of each exec session. So a thread makes one that moves nothing,
itself into the group it is in, while the runtime loads. It asks the kernel to hurry that one grace period
(``/sys/kernel/rcu_expedited``), which takes 0.2 ms then.

The mount option ``favordynmods`` does away with the wait altogether, at a price for every fork of the host, and cannot
be undone before a reboot: that is for the host's owner to choose.
"""

import logging
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wherry.kernel.cgroups import Layout

_log = logging.getLogger(__name__)

_EXPEDITED: Final = Path("/sys/kernel/rcu_expedited")
_LASTS: Final = 0.004  # seconds in which a second move would gain nothing


class CgroupWarmth:
    """Keeps the lock warm on request. Where our own group cannot be written it does nothing.

    The file ``mark`` is there while the kernel hurries for us: an engine that finds it ends what one that was killed
    has left.
    """

    def __init__(self, layout: Layout, mark: Path) -> None:
        self._mark = mark
        if mark.exists():
            _relax(mark)
        self._file = _own_group(layout) / "cgroup.procs"
        self._thread = ThreadPoolExecutor(1, "cgroup-warmth")
        self._moving: Future[None] | None = None
        self._last = 0.0

    def begin(self) -> None:
        """A process will be moved into a control group in the next milliseconds. Returns at once."""
        now = time.monotonic()
        if now - self._last > _LASTS and (self._moving is None or self._moving.done()):
            self._last = now
            self._moving = self._thread.submit(self._move)

    def close(self) -> None:
        self._thread.shutdown()

    def _move(self) -> None:
        try:
            with _hurried(self._mark):
                self._file.write_text(str(os.getpid()))
        except OSError as error:
            _log.debug("the first process of each container will wait: %s: %s", self._file, error)
            self._last = float("inf")


@contextmanager
def _hurried(mark: Path) -> Iterator[None]:
    """Grace periods are short meanwhile, unless the host's owner has chosen so anyway or does not let us."""
    if not os.access(_EXPEDITED, os.W_OK) or _EXPEDITED.read_text().strip() != "0":
        yield
        return
    mark.touch()
    try:
        _EXPEDITED.write_text("1")
        yield
    finally:
        _relax(mark)


def _relax(mark: Path) -> None:
    _EXPEDITED.write_text("0")
    mark.unlink()


def _own_group(layout: Layout) -> Path:
    """The folder of the group that this process is in, in any one hierarchy: they share the lock."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _number, controllers, path = line.split(":", 2)
        mount_point = layout.unified if not controllers else layout.legacy.get(controllers.split(",")[0], "")
        if mount_point:
            return Path(mount_point + path)
    return Path("/nonexistent")
