"""Mounts: overlay, bind, tmpfs and any other; unmount; the mount table.

All functions block, and unmounting an overlay writes its upper file system's dirty pages back (tens of
milliseconds) unless it is ``volatile``: call them in a thread where that matters.

Sources: mount(2), umount2(2), proc_pid_mountinfo(5), ``Documentation/filesystems/overlayfs.rst``.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Final, Literal

import msgspec

from wherry.kernel import syscalls
from wherry.kernel.syscalls import FsConfig, MountFlag, UnmountFlag
from wherry.model.mount import OverlayMount

Propagation = Literal["private", "rprivate", "slave", "rslave", "shared", "rshared"]

_PROPAGATION: Final[dict[str, MountFlag]] = {
    "private": MountFlag.PRIVATE,
    "rprivate": MountFlag.PRIVATE | MountFlag.REC,
    "slave": MountFlag.SLAVE,
    "rslave": MountFlag.SLAVE | MountFlag.REC,
    "shared": MountFlag.SHARED,
    "rshared": MountFlag.SHARED | MountFlag.REC,
}

# Option words that are flags of mount(2) and not text for the file system (mount(8), "filesystem-independent").
_FLAGS: Final[dict[str, MountFlag]] = {
    "defaults": MountFlag(0),
    "rw": MountFlag(0),
    "ro": MountFlag.RDONLY,
    "nosuid": MountFlag.NOSUID,
    "nodev": MountFlag.NODEV,
    "noexec": MountFlag.NOEXEC,
    "sync": MountFlag.SYNCHRONOUS,
    "dirsync": MountFlag.DIRSYNC,
    "remount": MountFlag.REMOUNT,
    "noatime": MountFlag.NOATIME,
    "nodiratime": MountFlag.NODIRATIME,
    "relatime": MountFlag.RELATIME,
    "strictatime": MountFlag.STRICTATIME,
    "bind": MountFlag.BIND,
    "rbind": MountFlag.BIND | MountFlag.REC,
}

# The upper directory alone must tell what changed, whatever the module's defaults on this host.
_OVERLAY_OPTIONS: Final = (("index", "off"), ("redirect_dir", "off"), ("metacopy", "off"))

_FSCONFIG_LIMIT: Final = 255
_NOT_MOUNTED: Final = (errno.EINVAL, errno.ENOENT, errno.ENOTDIR)


class MountEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of /proc/self/mountinfo. ``root`` is the part of the file system that is mounted at ``target``."""

    id: int
    parent: int
    root: str
    target: str
    options: tuple[str, ...]
    fs_type: str
    source: str
    fs_options: tuple[str, ...]


def overlay(mount: OverlayMount) -> None:
    """Mounts an overlay of at most 500 lower layers.

    Without ``upper`` and ``work`` ("") it is read-only and needs two lowers (the kernel refuses one: bind it instead).
    ``volatile`` leaves out every sync: a crash of the host loses the upper directory, and the kernel refuses to
    mount a work directory again that was not unmounted (its ``incompat/volatile``).
    """
    with ExitStack() as opened:
        if _can_append_layers():
            _overlay_by_fsconfig(mount, opened)
        else:
            _overlay_by_mount(mount, opened)


def bind(
    source: str, target: str, *, recursive: bool = True, read_only: bool = False, propagation: Propagation | None = None
) -> None:
    """Makes ``source`` (a directory or a file) visible at ``target``, which exists. All of it or nothing is mounted.

    ``read_only`` (Linux 5.12) covers the mounts below too if ``recursive``. ``propagation`` as in mount(8),
    the default is that of the file system around ``target``.
    """
    syscalls.mount(source, target, None, MountFlag.BIND | (MountFlag.REC if recursive else 0))
    with _undone_on_failure(target):
        if propagation:
            syscalls.mount(None, target, None, _PROPAGATION[propagation])
        if read_only:
            syscalls.set_read_only(target, recursive=recursive)


def tmpfs(target: str, size: int | None = None, mode: int = 0o1777) -> None:
    """A tmpfs of at most ``size`` bytes (None: half the memory), its root with ``mode``; nosuid, nodev."""
    options = ["nosuid", "nodev", f"mode={mode:o}"]
    if size is not None:
        options.append(f"size={size}")
    filesystem("tmpfs", target, "tmpfs", options)


def filesystem(source: str, target: str, fs_type: str | None, options: Sequence[str] = ()) -> None:
    """Mounts any file system, options in the words of mount(8): flags by name, the others handed to the file system."""
    flags = MountFlag(0)
    data = []
    for option in options:
        if option in _FLAGS:
            flags |= _FLAGS[option]
        else:
            data.append(option)
    syscalls.mount(source, target, fs_type, flags, ",".join(data) or None)


def unmount(target: str, *, lazy: bool = True) -> bool:
    """Takes the topmost mount off ``target``; True if there was one. A missing target or one without a mount is fine.

    ``lazy`` detaches at once, although the mount may be in use (MNT_DETACH); otherwise EBUSY is raised.
    Symbolic links at the end of ``target`` are not followed.
    """
    flags = UnmountFlag.NOFOLLOW | (UnmountFlag.DETACH if lazy else 0)
    try:
        syscalls.umount2(target, flags)
    except OSError as error:
        if error.errno in _NOT_MOUNTED:
            return False
        raise
    return True


def mount_table(path: str = "/proc/self/mountinfo") -> tuple[MountEntry, ...]:
    """All mounts of this mount namespace, in the order they were made: unmount in the reverse order."""
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        return tuple(_mount_entry(line) for line in lines)


def _mount_entry(line: str) -> MountEntry:
    """``36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`` (optional fields end at the lone dash)."""
    mount, _, super_block = line.rstrip("\n").partition(" - ")
    number, parent, _device, root, target, options = mount.split(" ")[:6]
    fs_type, source, fs_options = super_block.split(" ", 2)
    return MountEntry(
        id=int(number),
        parent=int(parent),
        root=_unescaped(root),
        target=_unescaped(target),
        options=tuple(options.split(",")),
        fs_type=fs_type,
        source=_unescaped(source),
        fs_options=tuple(fs_options.split(",")),
    )


def _unescaped(text: str) -> str:
    """Undoes the kernel's octal escapes of space, tab, newline and backslash (``fs/seq_file.c``)."""
    if "\\" not in text:
        return text
    head, *rest = text.split("\\")
    return head + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


@contextmanager
def _undone_on_failure(target: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        unmount(target)
        raise


@cache
def _can_append_layers() -> bool:
    """Whether this kernel takes one lower layer at a time (``lowerdir+``, Linux 6.5)."""
    try:
        fs = syscalls.fsopen("overlay")
    except OSError:
        return False
    try:
        syscalls.fsconfig(fs, FsConfig.SET_STRING, "lowerdir+", "/")
    except OSError:
        return False
    finally:
        os.close(fs)
    return True


def _overlay_by_fsconfig(mount: OverlayMount, opened: ExitStack) -> None:
    layers = [("lowerdir+", lower) for lower in mount.lowers]
    layers += [(key, path) for key, path in (("upperdir", mount.upper), ("workdir", mount.work)) if path]
    fs = _close_with(opened, syscalls.fsopen("overlay"))
    syscalls.fsconfig(fs, FsConfig.SET_STRING, "source", "overlay")
    for key, value in _OVERLAY_OPTIONS:
        syscalls.fsconfig(fs, FsConfig.SET_STRING, key, value)
    if mount.volatile:
        syscalls.fsconfig(fs, FsConfig.SET_FLAG, "volatile")
    for key, path in layers:
        # The kernel would take a backslash for an escape, in some keys.
        plain = len(os.fsencode(path)) <= _FSCONFIG_LIMIT and "\\" not in path
        syscalls.fsconfig(fs, FsConfig.SET_STRING, key, path if plain else _by_fd(path, opened))
    syscalls.fsconfig(fs, FsConfig.CREATE)
    syscalls.move_mount(_close_with(opened, syscalls.fsmount(fs)), mount.target)


def _overlay_by_mount(mount: OverlayMount, opened: ExitStack) -> None:
    # Paths by descriptor are short (all options share one page) and need no escapes of ':' and ','.
    options = [f"{key}={value}" for key, value in _OVERLAY_OPTIONS]
    options.append("lowerdir=" + ":".join(_by_fd(lower, opened) for lower in mount.lowers))
    options += [
        f"{key}={_by_fd(path, opened)}" for key, path in (("upperdir", mount.upper), ("workdir", mount.work)) if path
    ]
    if mount.volatile:
        options.append("volatile")
    syscalls.mount("overlay", mount.target, "overlay", 0, ",".join(options))


def _by_fd(path: str, opened: ExitStack) -> str:
    fd = _close_with(opened, os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
    return f"/proc/self/fd/{fd}"


def _close_with(opened: ExitStack, fd: int) -> int:
    opened.callback(os.close, fd)
    return fd
