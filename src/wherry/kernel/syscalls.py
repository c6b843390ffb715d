"""System calls that the standard library lacks, or has only since Python 3.12, through one libc with ``use_errno``.

Every function raises OSError with the call's errno and a text that names what it worked on. ctypes releases the
interpreter lock during a call, so a call that blocks blocks its own thread only.

Sources: mount(2), umount2(2), unshare(2), setns(2), pivot_root(2), mount_setattr(2); ``include/uapi/linux/mount.h`` and
``include/uapi/asm-generic/unistd.h`` for the newer mount API, whose numbers are the same on all architectures
but alpha.
"""

import ctypes
import os
from enum import IntEnum, IntFlag
from typing import Final


class UnmountFlag(IntFlag):
    """MNT_* and UMOUNT_NOFOLLOW of umount2(2)."""

    DETACH = 2
    NOFOLLOW = 8


class CloneFlag(IntFlag):
    """CLONE_NEW* of unshare(2) and setns(2)."""

    NEWNS = 0x20000
    NEWNET = 0x40000000


class FsConfig(IntEnum):
    """Commands of fsconfig(2)."""

    SET_FLAG = 0
    SET_STRING = 1
    CREATE = 6


AT_FDCWD: Final = -100
MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MS_SHARED: Final = 1 << 20
MOUNT_ATTR_RDONLY: Final = 1
MOUNT_ATTR_NODEV: Final = 4

_SYS_OPEN_TREE: Final = 428
_SYS_MOVE_MOUNT: Final = 429
_SYS_FSOPEN: Final = 430
_SYS_FSCONFIG: Final = 431
_SYS_FSMOUNT: Final = 432
_SYS_OPENAT2: Final = 437
_SYS_MOUNT_SETATTR: Final = 442
_FSOPEN_CLOEXEC: Final = 1
_FSMOUNT_CLOEXEC: Final = 1
_MOVE_MOUNT_F_EMPTY_PATH: Final = 4
_MOVE_MOUNT_T_EMPTY_PATH: Final = 0x40
_OPEN_TREE_CLONE: Final = 1
_AT_EMPTY_PATH: Final = 0x1000
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
_AT_RECURSIVE: Final = 0x8000
_MOUNT_ATTR_IDMAP: Final = 0x100000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)


def mount(source: str | None, target: str, fs_type: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2). ``data`` holds the file system's own options, at most one page (4095 bytes)."""
    result = _libc.mount(_bytes(source), _bytes(target), _bytes(fs_type), flags, _bytes(data))
    _check(result, f"mount {source or fs_type or 'options'} on {target}")


def umount2(target: str, flags: int = 0) -> None:
    """umount2(2). EINVAL: the target is no mount point."""
    _check(_libc.umount2(_bytes(target), flags), f"unmount {target}")


def unshare(flags: int) -> None:
    """unshare(2): moves the *calling thread* into new namespaces."""
    _check(_libc.unshare(flags), f"unshare {CloneFlag(flags)!r}")


def setns(fd: int, kind: int) -> None:
    """setns(2): moves the *calling thread* into the namespace that ``fd`` is open on."""
    _check(_libc.setns(fd, kind), f"enter namespace of {CloneFlag(kind)!r}")


def fsopen(fs_type: str) -> int:
    """A file descriptor to configure a new mount of ``fs_type`` with (Linux 5.2)."""
    return _syscall(f"open file system {fs_type}", _SYS_FSOPEN, _bytes(fs_type), _FSOPEN_CLOEXEC)


def fsconfig(fs: int, command: FsConfig, key: str | None = None, value: str | None = None) -> None:
    """One step of configuring a mount. ``value`` may be 255 bytes long (``fs/fsopen.c``)."""
    what = f"configure mount: {command.name}" + (f" {key}" if key else "") + (f"={value}" if value else "")
    try:
        _syscall(what, _SYS_FSCONFIG, fs, command, _bytes(key), _bytes(value), 0)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{_kernel_messages(fs)}") from None


def fsmount(fs: int) -> int:
    """A file descriptor of the configured mount, attached nowhere yet."""
    return _syscall("create mount", _SYS_FSMOUNT, fs, _FSMOUNT_CLOEXEC, 0)


def move_mount(mount_fd: int, target: str) -> None:
    """Attaches the mount that ``mount_fd`` holds at ``target``."""
    what = f"attach mount at {target}"
    _syscall(what, _SYS_MOVE_MOUNT, mount_fd, b"", AT_FDCWD, _bytes(target), _MOVE_MOUNT_F_EMPTY_PATH)


def open_tree(source: str, *, recursive: bool) -> int:
    """A copy of the mount at ``source``, attached nowhere yet; ``recursive``: with the mounts below (Linux 5.2)."""
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | (_AT_RECURSIVE if recursive else 0)
    return _syscall(f"copy mount {source}", _SYS_OPEN_TREE, AT_FDCWD, _bytes(source), flags)


def attach_at(mount_fd: int, target_fd: int) -> None:
    """Attaches the mount that ``mount_fd`` holds at what ``target_fd`` is open on."""
    flags = _MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_EMPTY_PATH
    _syscall("attach mount", _SYS_MOVE_MOUNT, mount_fd, b"", target_fd, b"", flags)


def add_attributes(mount_fd: int, attributes: int, *, recursive: bool) -> None:
    """Gives the mount that ``mount_fd`` is open on, or with all below it, attributes (MOUNT_ATTR_*; Linux 5.12)."""
    _set_attributes(mount_fd, attributes, 0, _AT_RECURSIVE if recursive else 0)


def remap_owners(mount_fd: int, user: int) -> None:
    """Has the mount that ``mount_fd`` holds, attached nowhere yet, show its files' owners as the user namespace that
    ``user`` is open on maps them (Linux 5.12)."""
    _set_attributes(mount_fd, _MOUNT_ATTR_IDMAP, user, 0)


def open_beneath(folder_fd: int, path: str, flags: int) -> int:
    """openat2(2): opens a relative path. OSError (EXDEV) if a link or ``..`` in it leads out of the folder."""
    how = (ctypes.c_uint64 * 3)(flags | os.O_CLOEXEC, 0, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    return _syscall(f"open {path}", _SYS_OPENAT2, folder_fd, _bytes(path), ctypes.byref(how), size)


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2): makes a mount the root of the calling thread's mount namespace."""
    _check(_libc.pivot_root(_bytes(new_root), _bytes(put_old)), f"make {new_root} the root")


def _set_attributes(mount_fd: int, attributes: int, user: int, flags: int) -> None:
    asked = (ctypes.c_uint64 * 4)(attributes, 0, 0, user)
    size = ctypes.c_size_t(ctypes.sizeof(asked))
    _syscall("change mount", _SYS_MOUNT_SETATTR, mount_fd, b"", _AT_EMPTY_PATH | flags, ctypes.byref(asked), size)


def _syscall(what: str, number: int, *arguments: object) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *arguments), what)


def _check(result: int, what: str) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")
    return result


def _kernel_messages(fs: int) -> str:
    """What the kernel has to say about the last failed step; reading the descriptor gives one message a time."""
    messages = []
    while True:
        try:
            messages.append(os.read(fs, 4096).decode(errors="replace").strip())
        except OSError:  # ENODATA: no more
            break
    return f" ({'; '.join(messages)})" if messages else ""


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)
