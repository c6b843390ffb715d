"""A file system whose server can fall silent, as that of a network share does."""

import errno
import os
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wherry.kernel import syscalls
from wherry.kernel.syscalls import UnmountFlag

# Of linux/fuse.h: the heads of a request and of an answer, and the answers to those that a mounted directory needs.
_REQUEST = struct.Struct("=IIQQIIII")
_ANSWER = struct.Struct("=IiQ")
_INIT, _GETATTR, _STATFS = 26, 3, 17
_ANSWERS = {
    _INIT: struct.pack("=IIIIHHIIHH32x", 7, 31, 0, 0, 1, 1, 4096, 1, 1, 0),
    _GETATTR: struct.pack("=QII6Q10I", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, stat.S_IFDIR | 0o755, 2, 0, 0, 0, 4096, 0),
    _STATFS: bytes(80),
}
_LARGEST = 1 << 17
_FORCE = 1  # MNT_FORCE of umount2(2): who waits is told that no answer will come


class Share:
    """An empty directory; nothing can be made in it. Once it is silent, whoever looks into it waits, and cannot be
    killed; ``unanswered`` counts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unanswered = 0
        self._silent = False
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0,allow_other"
        syscalls.mount("share", str(folder), "fuse", 0, options)
        self._server = threading.Thread(target=self._serve)
        self._server.start()

    def fall_silent(self) -> None:
        self._silent = True

    def close(self) -> None:
        """Whoever waits gets an error now. Idempotent."""
        if not self._server.is_alive():
            return
        for flag in (_FORCE, UnmountFlag.DETACH):
            with suppress(OSError):  # the first if others have it mounted too, the second if the first was enough
                syscalls.umount2(str(self.folder), flag)
        self._server.join()
        os.close(self._device)

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._device, _LARGEST)
            except OSError:
                return  # unmounted
            _, kind, number, *_ = _REQUEST.unpack_from(request)
            if self._silent:
                self.unanswered += 1
            else:
                body = _ANSWERS.get(kind, b"")
                failure = 0 if body else -errno.ENOENT
                with suppress(OSError):  # for what takes no answer
                    os.write(self._device, _ANSWER.pack(_ANSWER.size + len(body), failure, number) + body)


@contextmanager
def share(folder: Path) -> Iterator[Share]:
    """Mounted at ``folder`` while the block runs."""
    folder.mkdir()
    mounted = Share(folder)
    try:
        yield mounted
    finally:
        mounted.close()
