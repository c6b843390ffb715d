"""Paying for the first move into a control group before it is made.

Moving a process into a control group takes a lock that the kernel keeps cheap for everybody else (fork, exit): whoever
takes it after a pause waits for an RCU grace period first, 5 to 20 ms here, and whoever comes within the next 10 ms or
so does not wait at all (``cgroup_threadgroup_rwsem`` in ``kernel/cgroup/cgroup.c``, ``kernel/rcu/sync.c``). A
container's first process is such a move, and so is that of each exec session. So we make one that moves nothing,
ourselves into the group we are in, while the runtime loads. We ask the kernel to hurry that one grace period
(``/sys/kernel/rcu_expedited``), which takes 0.1 ms then; where we may not, a thread waits for it.

The mount option ``favordynmods`` does away with the wait altogether, at a price for every fork of the host, and cannot
be undone before a reboot: that is for the host's owner to choose.
"""

import logging
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from wherry.kernel.cgroups import Layout

_log = logging.getLogger(__name__)

_EXPEDITED: Final = Path("/sys/kernel/rcu_expedited")
_LASTS: Final = 0.004  # seconds in which a second move would gain nothing


class CgroupWarmth:
    """Keeps the lock warm on request. Where our own group cannot be written it does nothing. To be closed."""

    def __init__(self, layout: Layout, mark: Path) -> None:
        self._group = _opened(_own_group(layout) / "cgroup.procs", os.O_WRONLY)
        self._hurry = _Hurry(mark)
        self._thread = ThreadPoolExecutor(1, "cgroup-warmth")
        self._moving: Future[None] | None = None
        self._last = 0.0

    def begin(self) -> None:
        """A process will be moved into a control group in the next milliseconds. Returns at once."""
        now = time.monotonic()
        if self._group is None or now - self._last <= _LASTS:
            return
        self._last = now
        if self._hurry.is_allowed:
            with self._hurry:
                self._move(self._group)
        elif self._moving is None or self._moving.done():
            self._moving = self._thread.submit(self._move, self._group)

    def close(self) -> None:
        self._thread.shutdown()
        self._hurry.close()
        if self._group is not None:
            os.close(self._group)

    def _move(self, group: int) -> None:
        try:
            os.write(group, b"0")  # the process that writes
        except OSError as error:
            _log.debug("the first process of each container will wait: %s", error)
            self._last = float("inf")


class _Hurry:
    """Grace periods are short meanwhile. To be closed.

    The file ``mark`` says 1 while the kernel hurries for us: an engine that finds that ends what one that was killed
    has left. Files stay open, since opening them would take longer than all the rest.
    """

    def __init__(self, mark: Path) -> None:
        self._expedited = _opened(_EXPEDITED, os.O_RDWR)
        self._mark = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.pread(self._mark, 1, 0) == b"1":
            self._end()

    @property
    def is_allowed(self) -> bool:
        """Unless the kernel does not let us, or the host's owner has chosen so anyway."""
        return self._expedited is not None and os.pread(self._expedited, 8, 0) == b"0\n"

    def __enter__(self) -> None:
        os.pwrite(self._mark, b"1", 0)
        if self._expedited is not None:
            os.pwrite(self._expedited, b"1", 0)

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._expedited is not None:
            os.pwrite(self._expedited, b"0", 0)
        os.pwrite(self._mark, b"0", 0)

    def close(self) -> None:
        os.close(self._mark)
        if self._expedited is not None:
            os.close(self._expedited)


def _opened(path: Path, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError:
        return None


def _own_group(layout: Layout) -> Path:
    """The folder of the group that this process is in, in any one hierarchy: they share the lock."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _number, controllers, path = line.split(":", 2)
        mount_point = layout.unified if not controllers else layout.legacy.get(controllers.split(",")[0], "")
        if mount_point:
            return Path(mount_point + path)
    return Path("/nonexistent")
