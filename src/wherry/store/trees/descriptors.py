"""File descriptors of directories, and paths that cannot lead out of one: openat2(2), which the standard library lacks
(Linux 5.6)."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SYS_OPENAT2: Final = 437  # the same on all architectures but alpha
_ATTEMPTS: Final = 32

_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_NO_SYMLINKS: Final = 0x04
_RESOLVE_BENEATH: Final = 0x08
_RESOLVE_IN_ROOT: Final = 0x10

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def open_directory(path: str | Path, parent: int | None = None) -> int:
    """Opens a directory; NotADirectoryError if the last component is anything else, a link to one included."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def open_in_root(root: int, path: str, flags: int) -> int:
    """Opens ``path`` as a process would whose root directory is ``root``: links and ``..`` stay inside."""
    return _openat2(root, path, flags, _RESOLVE_IN_ROOT | _RESOLVE_NO_MAGICLINKS)


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Opens the relative ``path`` below ``folder``; OSError (ELOOP, EXDEV) if there is a link or ``..`` out in it."""
    return _openat2(folder, path, flags, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS)


def _openat2(folder: int, path: str, flags: int, resolve: int) -> int:
    how = _OpenHow(flags | os.O_CLOEXEC, 0, resolve)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    number = ctypes.c_long(_SYS_OPENAT2)
    for _ in range(_ATTEMPTS):
        fd: int = _libc.syscall(number, folder, ctypes.c_char_p(os.fsencode(path)), ctypes.byref(how), size)
        if fd >= 0:
            return fd
        error = ctypes.get_errno()
        if error != errno.EAGAIN:  # something was renamed while a ".." was walked: the kernel cannot be sure of it
            break
    raise OSError(error, os.strerror(error), path)
