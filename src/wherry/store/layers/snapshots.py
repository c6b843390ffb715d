"""Snapshots: the directories that overlay mounts are made of.

``overlay2/<name>/diff`` holds the files of a layer, under a random name that its Layer row has, or the changes of a
container, under the container's id; the latter has ``work`` and ``merged`` beside it. ``.mountpoints`` lies below
all layers of every mount: what a runtime mounts onto in each container is there, so that it makes nothing in the
container's own directory, and ``diff`` and ``commit`` tell the user's changes only. Paths are given out as data: who
mounts them is another's business.

All files have the owners that they have in images, whoever these are on the host. So there may be programs that give
the host's root away: nobody but root comes here. Where the containers' root is another, ``merged/<name>`` is beside
``overlay2`` instead, for that one must come there.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from wherry.errors import InternalError
from wherry.model.mount import OverlayMount
from wherry.model.remapping import RemappedFiles
from wherry.store.failures import explained
from wherry.store.layers.spreading import Spreading
from wherry.store.roots import make_passage
from wherry.store.trees.filesystem import check_upper, set_topdir, write_back
from wherry.store.trees.mountinfo import mounts_below
from wherry.store.trees.removal import child, children, discard
from wherry.store.trees.walking import delete_tree, tree_size
from wherry.threads import Threads

_FOLDER: Final = 0o710
_LAYER: Final = {"diff": 0o755}
_ACTIVE: Final = {"diff": 0o755, "work": 0o700}

_MOUNT_POINTS: Final = ".mountpoints"
_MOUNTED_FOLDERS: Final = ("dev/pts", "dev/shm", "etc", "proc", "sys")
_MOUNTED_FILES: Final = (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf")

_VOLATILE: Final = "work/work/incompat"
"""What a volatile mount leaves. The kernel refuses to mount over it again, volatile or not, lest data that a power
failure tore be trusted (overlayfs.rst, "Volatile mount"). Who asks for a volatile mount again does not trust it."""


class Snapshots:
    """The folder ``overlay2``."""

    def __init__(self, folder: Path, threads: Threads, remapped: RemappedFiles | None = None) -> None:
        """NotSupported if overlay mounts cannot work in ``folder``. Blocks."""
        self._folder = folder
        self._view = remapped.view / folder.name if remapped else folder
        self._targets = folder.with_name("merged") if remapped else None
        self._threads = threads
        self._spreading = Spreading()
        with explained(f"open {folder}"):
            folder.mkdir(mode=0o710, exist_ok=True)
            if remapped and self._targets:
                make_passage(self._targets, remapped.root)
            check_upper(folder)
            set_topdir(folder)
            _make_mount_points(folder / _MOUNT_POINTS / "diff")

    @property
    def mount_points(self) -> Path:
        """The tree that lies below all layers: empty files and directories to mount onto."""
        return self._folder / _MOUNT_POINTS / "diff"

    async def begin(self) -> str:
        """A new empty directory for a layer; gives its name. Who is cancelled meanwhile gets no name: it is removed."""
        folder = self._folder / os.urandom(16).hex()
        try:
            await self._threads.run(_begin, folder, self._spreading)
        except BaseException:
            await discard(folder, self._threads)
            raise
        return folder.name

    def tree(self, directory: str) -> Path:
        """Where the files of a layer directory are."""
        return child(self._folder, directory) / "diff"

    async def prepare(self, key: str, volatile: bool = False) -> None:
        """Make the directories of active snapshot ``key``; idempotent. Not while it is mounted if ``volatile``."""
        folder, target = child(self._folder, key), self._target(key)
        if not _is_prepared(folder, target, volatile):
            await self._threads.run(_prepare, folder, target, volatile)

    def overlay(self, key: str, lowers: tuple[str, ...], volatile: bool = False) -> OverlayMount:
        """The mount of active snapshot ``key`` over layer directories ``lowers``, top first, and the mount points."""
        folder = child(self._folder, key)
        return OverlayMount(
            target=str(self._target(key)),
            lowers=(*(str(self.tree(lower)) for lower in lowers), str(self.mount_points)),
            upper=str(folder / "diff"),
            work=str(folder / "work"),
            volatile=volatile,
        )

    def remapped(self, mount: OverlayMount) -> OverlayMount:
        """The same mount of the same files, whose owners there are who they are on the host."""

        def seen(path: str) -> str:
            return str(self._view / Path(path).relative_to(self._folder)) if path else ""

        return replace(mount, lowers=tuple(map(seen, mount.lowers)), upper=seen(mount.upper), work=seen(mount.work))

    async def commit(self, key: str) -> str:
        """Make active snapshot ``key``, which is not mounted, the directory of a layer; gives its name. It is swept if
        no row follows."""
        name = os.urandom(16).hex()
        await self._threads.run(_commit, child(self._folder, key), self._target(key), self._folder / name)
        return name

    async def persist(self) -> None:
        """Return when all files of layers that are complete would survive a power failure. InternalError."""
        with explained(f"write {self._folder} to the disk"):
            await self._threads.run(write_back, self._folder)

    async def remove(self, name: str) -> None:
        """Remove a layer directory or an active snapshot; InternalError while it is mounted."""
        folder = child(self._folder, name)
        if self._targets:
            await self._threads.run(_remove_target, self._target(name))
        await discard(folder, self._threads)

    async def usage(self, key: str) -> int:
        """Bytes of files in the upper directory of active snapshot ``key``, 0 if there is none."""
        return await self._threads.run(_usage, child(self._folder, key) / "diff")

    def names(self) -> tuple[str, ...]:
        """All layer directories and active snapshots."""
        return children(self._folder)

    def _target(self, key: str) -> Path:
        return child(self._targets, key) if self._targets else child(self._folder, key) / "merged"


def _begin(folder: Path, spreading: Spreading) -> None:
    with explained(f"create {folder}"):
        spreading.make(folder, _FOLDER)
    _make(folder, _LAYER)


def _is_prepared(folder: Path, target: Path, volatile: bool) -> bool:
    return target.is_dir() and not (volatile and (folder / _VOLATILE).exists())


def _prepare(folder: Path, target: Path, volatile: bool) -> None:
    """``target`` last: where it is, all of it is."""
    _make(folder, _ACTIVE)
    with explained(f"create {target}"):
        target.mkdir(mode=0o700, exist_ok=True)
    if volatile:
        with explained(f"prepare {folder}"):
            delete_tree(folder / _VOLATILE)


def _commit(active: Path, target: Path, layer: Path) -> None:
    _remove_target(target)
    with explained(f"commit {active}"):
        for name in _ACTIVE.keys() - _LAYER.keys():
            delete_tree(active / name)
        active.rename(layer)


def _remove_target(target: Path) -> None:
    """Where an overlay was mounted. Idempotent; InternalError while one is."""
    if mounts_below(target):
        raise InternalError(f"remove {target}: it is still mounted")
    with explained(f"remove {target}"), suppress(FileNotFoundError):
        target.rmdir()


def _make(folder: Path, modes: dict[str, int]) -> None:
    with explained(f"create {folder}"):
        folder.mkdir(_FOLDER, exist_ok=True)
        for name, mode in modes.items():
            part = folder / name
            if not part.exists():
                part.mkdir()
                part.chmod(mode)  # whatever the umask; once, since a container may change the mode of its root


def _make_mount_points(tree: Path) -> None:
    """The same that dockerd gives every container (moby, daemon/initlayer)."""
    for folder in _MOUNTED_FOLDERS:
        (tree / folder).mkdir(parents=True, exist_ok=True)
    for name in _MOUNTED_FILES:
        (tree / name).touch()
        (tree / name).chmod(0o755)
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)  # whatever the umask
    if not (tree / "etc/mtab").is_symlink():
        (tree / "etc/mtab").symlink_to("/proc/mounts")


def _usage(folder: Path) -> int:
    with explained(f"measure {folder}"):
        return tree_size(folder)
