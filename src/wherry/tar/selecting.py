"""Files to be copied: walked, and told by one digest of what they are."""

import hashlib
import os
import stat
from collections.abc import Iterator

from .merged import Merged

_READ = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC

Member = tuple[bytes, int, bytes, os.stat_result]
"""Path below where the walk began, an open directory, the name in it, what it is."""


def members(top: Merged, path: bytes) -> Iterator[Member]:
    """All that is below the directory at a link-free path, in the order of names, directories before what they hold."""
    below = [(here := top.descend(path), b"", iter(sorted(here.names())))]
    try:
        while below:
            here, prefix, names = below[-1]
            name = next(names, None)
            if name is None:
                below.pop()[0].close()
                continue
            found = here.find(name)
            if found is None:
                continue
            at, status = found
            yield prefix + name, at, name, status
            if stat.S_ISDIR(status.st_mode):
                deeper = here.enter(name)
                below.append((deeper, prefix + name + b"/", iter(sorted(deeper.names()))))
    finally:
        for here, _, _ in below:
            here.close()


class Digest:
    """Of names, kinds, modes, links and contents; of owners too if they are to be kept. Times do not count."""

    def __init__(self, *, owners: bool) -> None:
        self._hash = hashlib.sha256()
        self._owners = owners
        self._buffer = memoryview(bytearray(_READ))

    def add(self, name: bytes, at: int, base: bytes, status: os.stat_result) -> None:
        """One file or directory, without what is in it."""
        self._add_head(name, status)
        if stat.S_ISREG(status.st_mode):
            self._add_content(at, base)
        elif stat.S_ISLNK(status.st_mode):
            self._hash.update(os.readlink(base, dir_fd=at) + b"\0")

    def hexadecimal(self) -> str:
        return self._hash.hexdigest()

    def _add_head(self, name: bytes, status: os.stat_result) -> None:
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        fields = [status.st_mode, size, status.st_rdev]
        if self._owners:
            fields += [status.st_uid, status.st_gid]
        self._hash.update(b"%b\0%b\0" % (name, b" ".join(b"%d" % field for field in fields)))

    def _add_content(self, at: int, name: bytes) -> None:
        with open(os.open(name, _OPEN, dir_fd=at), "rb", buffering=0) as file:
            while size := file.readinto(self._buffer):
                self._hash.update(self._buffer[:size])
