"""Being told that files in a folder change: inotify(7), on the event loop."""

import asyncio
import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_IN_MODIFY: Final = 0x2
_IN_MOVED_TO: Final = 0x80
_IN_CREATE: Final = 0x100
_IN_ONLYDIR: Final = 0x1000000
_MASK: Final = _IN_MODIFY | _IN_MOVED_TO | _IN_CREATE | _IN_ONLYDIR

_HEAD: Final = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows

_libc: Final = ctypes.CDLL(None, use_errno=True)


class Watcher:
    """One inotify instance for all watched folders, open while there are any: a user may have 128 of them."""

    def __init__(self) -> None:
        self._fd = -1
        self._changed: dict[int, set[asyncio.Event]] = {}  # by watch; a folder has one, however often it is watched

    @contextmanager
    def watch(self, folder: Path) -> Iterator[asyncio.Event]:
        """An event that is set when a file in ``folder`` is written to, made, or renamed into it. OSError."""
        if self._fd < 0:
            self._fd = _check(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify")
            asyncio.get_running_loop().add_reader(self._fd, self._read)
        changed = asyncio.Event()
        watch = -1
        try:
            watch = _check(_libc.inotify_add_watch(self._fd, os.fsencode(folder), _MASK), str(folder))
            self._changed.setdefault(watch, set()).add(changed)
            yield changed
        finally:
            self._forget(watch, changed)

    def _forget(self, watch: int, changed: asyncio.Event) -> None:
        watching = self._changed.get(watch, set())
        watching.discard(changed)
        if not watching and self._changed.pop(watch, None) is not None:
            _libc.inotify_rm_watch(self._fd, watch)  # fails if the folder is gone, and the watch with it
        if not self._changed:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> None:
        data = os.read(self._fd, 1 << 16)
        offset = 0
        while offset < len(data):
            watch, _, _, length = _HEAD.unpack_from(data, offset)
            offset += _HEAD.size + length
            for changed in self._changed.get(watch, ()) if watch >= 0 else self._everyone():
                changed.set()

    def _everyone(self) -> list[asyncio.Event]:
        """The kernel's queue was full: anything may have changed."""
        return [changed for watching in self._changed.values() for changed in watching]


def _check(result: int, what: str) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what)
    return result
