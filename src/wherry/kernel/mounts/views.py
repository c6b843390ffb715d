"""A container's files as it sees them, for whoever is no process of it: its root with its volumes and binds.

They are mounted in a mount namespace that nobody is in: an open descriptor keeps it, and a death of this process
takes it away. Its root is the container's, so it pins no other mount, and no path in it leads out. Device nodes in it
cannot be opened.

Sources: mount_namespaces(7), pivot_root(2).
"""

import errno
import os
import stat
import threading
from collections.abc import Callable

from wherry.kernel import rootfs, syscalls
from wherry.kernel.mounts import parts
from wherry.kernel.syscalls import MOUNT_ATTR_NODEV, MOUNT_ATTR_RDONLY, CloneFlag, UnmountFlag
from wherry.model.mount import Place, View, Viewed
from wherry.model.remapping import ROOT, Owner, Remapping


class OpenView:
    """Good until it is closed, for every process of this pid namespace."""

    def __init__(self, root: int, namespace: int, remapping: Remapping | None) -> None:
        self._descriptors = root, namespace
        self.viewed = Viewed(root=_path(root), namespace=_path(namespace), remapping=remapping)

    def close(self) -> None:
        """May wait for the disk, if nobody else has the root mounted any more."""
        for descriptor in self._descriptors:
            os.close(descriptor)


def open_view(view: View) -> OpenView:
    """Blocks for a few milliseconds. Raises OSError."""
    return _in_thread_of_its_own(lambda: _open(view))


def _in_thread_of_its_own(work: Callable[[], OpenView]) -> OpenView:
    """A thread that has left the mount namespace of the others never comes back: it ends with its work."""
    results: list[OpenView] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, name="view")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _open(view: View) -> OpenView:
    syscalls.unshare(CloneFlag.NEWNS)
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    namespace = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check_mounted(view.root)
        maker = view.remapping.root if view.remapping else ROOT
        for place in view.places:
            _attach(view.root, place, maker)
        _restrict(view)
        os.chdir(view.root)
        syscalls.pivot_root(".", ".")
        syscalls.umount2(".", UnmountFlag.DETACH)
        return OpenView(os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC), namespace, view.remapping)
    except BaseException:
        os.close(namespace)
        raise


def _check_mounted(root: str) -> None:
    """A root that was unmounted meanwhile, with its container, is a plain folder: nothing may be made in that."""
    if not os.path.ismount(root):
        raise FileNotFoundError(errno.ENOENT, "the root is not mounted any more", root)


def _restrict(view: View) -> None:
    """The root's own mount, and only this one of it; when all places to mount onto are made."""
    root = os.open(view.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        syscalls.add_attributes(root, _attributes(view.writable), recursive=False)
    finally:
        os.close(root)


def _attach(root: str, place: Place, maker: Owner) -> None:
    mount = parts.copied(place.source, place.subpath, recursive=place.recursive)
    try:
        syscalls.add_attributes(mount, _attributes(place.writable), recursive=True)
        target = rootfs.mount_point(root, place.target, maker, directory=stat.S_ISDIR(os.fstat(mount).st_mode))
        try:
            syscalls.attach_at(mount, target)
        finally:
            os.close(target)
    finally:
        os.close(mount)


def _attributes(writable: bool) -> int:
    return MOUNT_ATTR_NODEV if writable else MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY


def _path(descriptor: int) -> str:
    return f"/proc/{os.getpid()}/fd/{descriptor}"
