"""The process that unpacks an archive for a container.

Arguments: how its standard input goes on, as ``sent`` takes it; a mount namespace whose root is the container's, and
all that this process can touch; a directory there; who is to own everything, as ``UID:GID``, or nothing; ``keep`` if no
directory may take the place of a file or the other way round, or nothing; who the container's users are on the host, as
``Owners`` writes it. The end is told as by ``layer``.
"""

import ctypes
import os
import sys

from ..format.compression import decompressed
from ..format.stream import Stream
from ..trees.owners import Owners
from ..unpack import Unpacker
from .process import end_with, open_many_files, sent, stop_loading

_CLONE_NEWNS = 0x20000


def main() -> None:
    end_with(lambda: _unpack(*sys.argv[1:]))


def _unpack(framing: str, namespace: str, base: str, owner: str, keep: str, owners: str) -> str:
    open_many_files()
    chunks = decompressed(sent(framing))
    uid, _, gid = owner.partition(":")
    Unpacker(
        _enter(namespace),
        Stream(chunks),
        os.fsencode(base),
        owner=(int(uid), int(gid)) if owner else None,
        keep_kinds=bool(keep),
        owners=Owners.parse(owners),
    ).extract()
    return ""


def _enter(namespace: str) -> int:
    """Makes a mount namespace this process's own, and gives its root open. What is mounted in it is in the way there
    only: from outside, the removal of a file that something is mounted on would take that mount off."""
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
    stop_loading()
    fd = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    if libc.setns(fd, _CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "cannot enter the mount namespace")
    os.close(fd)
    os.umask(0)
    return os.open("/", os.O_RDONLY | os.O_DIRECTORY)
