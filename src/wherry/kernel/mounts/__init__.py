"""Mounts: overlay, bind and shared memory; unmount; the mount table.

All functions block, and unmounting an overlay writes its upper file system's dirty pages back (tens of
milliseconds) unless it is ``volatile``: call them in a thread where that matters.

Sources: mount(2), umount2(2), proc_pid_mountinfo(5), ``Documentation/filesystems/overlayfs.rst``.
"""

import errno
import os
from contextlib import ExitStack
from functools import cache
from typing import Final

import msgspec

from wherry.kernel import syscalls
from wherry.kernel.syscalls import FsConfig, UnmountFlag
from wherry.model.mount import OverlayMount
from wherry.model.remapping import Owner

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


def bind(source: str, target: str) -> None:
    """Makes ``source`` (a directory or a file) visible at ``target``, which exists, without the mounts below it."""
    syscalls.mount(source, target, None, syscalls.MS_BIND)


def share(folder: str) -> None:
    """Makes a folder a mount of its own, in which mounts are seen by all who have it bound. Idempotent."""
    if not any(entry.target == folder for entry in mount_table()):
        syscalls.mount(folder, folder, None, syscalls.MS_BIND)
    syscalls.mount(None, folder, None, syscalls.MS_SHARED)


def shared_memory(target: str, size: int, owner: Owner) -> None:
    """Mounts a tmpfs of at most ``size`` bytes on ``target``, which exists, with the options of every /dev/shm."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NOEXEC | syscalls.MS_NODEV
    uid, gid = owner
    syscalls.mount("shm", target, "tmpfs", flags, f"mode=1777,size={size},uid={uid},gid={gid}")


def memory(target: str, mode: int = 0o711) -> None:
    """Mounts a tmpfs on ``target``, which exists: root's, and unless told otherwise nobody else lists it."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NOEXEC | syscalls.MS_NODEV
    syscalls.mount("tmpfs", target, "tmpfs", flags, f"mode={mode:o}")


def remapped(source: str, target: str, user: int) -> None:
    """Makes ``source`` visible at ``target``, which exists, without the mounts below it: who owns a file there is who
    its owner is outside the user namespace that ``user`` is open on (Linux 5.12). OSError where the file system cannot.
    """
    tree = syscalls.open_tree(source, recursive=False)
    try:
        syscalls.remap_owners(tree, user)
        syscalls.move_mount(tree, target)
    finally:
        os.close(tree)


def unmount(target: str) -> bool:
    """Takes the topmost mount off ``target``; True if there was one. A missing target or one without a mount is fine.

    It goes at once, although it may be in use (MNT_DETACH). Symbolic links at the end of ``target`` are not followed.
    """
    try:
        syscalls.umount2(target, UnmountFlag.NOFOLLOW | UnmountFlag.DETACH)
    except OSError as error:
        if error.errno in _NOT_MOUNTED:
            return False
        raise
    return True


def file_system(folder: str) -> str:
    """The type of the file system that ``folder`` lies in, as in the mount table (ext4, xfs, btrfs, overlay, …); "" if
    its mount is outside of this process's root."""
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as lines:
            mount_id = next(int(line.removeprefix("mnt_id:")) for line in lines if line.startswith("mnt_id:"))
    finally:
        os.close(fd)
    return next((entry.fs_type for entry in mount_table() if entry.id == mount_id), "")


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
