"""The files of containers and of volumes."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from wherry.errors import InvalidMount
from wherry.model.mount import HostMount, MountSource
from wherry.model.remapping import ROOT, Owner
from wherry.store.failures import explained, reason
from wherry.store.roots import make_passage
from wherry.store.trees.copying import copy_attributes, copy_tree
from wherry.store.trees.descriptors import closing_fd, open_directory, open_in_root
from wherry.store.trees.filesystem import set_topdir
from wherry.store.trees.mountinfo import mount_of
from wherry.store.trees.removal import child, children, discard
from wherry.store.trees.walking import delete_tree, tree_size
from wherry.threads import Threads, alone

_RESTRICTIONS: Final = {
    "ro": os.ST_RDONLY,
    "nosuid": os.ST_NOSUID,
    "nodev": os.ST_NODEV,
    "noexec": os.ST_NOEXEC,
}


class ContainerFiles:
    """The folder ``containers``."""

    def __init__(self, folder: Path, threads: Threads, root: Owner = ROOT) -> None:
        """``root`` is who the containers' root is on the host: the files are that one's."""
        self._folder = folder
        self._threads = threads
        self._root = root
        with explained(f"open {folder}"):
            make_passage(folder, root)
            set_topdir(folder)

    def folder(self, container_id: str) -> Path:
        return child(self._folder, container_id)

    def log(self, container_id: str) -> Path:
        return self.folder(container_id) / f"{container_id}.log"

    async def write(self, container_id: str, files: dict[str, str]) -> None:
        """Write small files, name → text, in place: each keeps its inode, by which it is mounted in the container."""
        await self._threads.run(_write, self.folder(container_id), files, self._root)

    async def read(self, container_id: str, name: str) -> str:
        """A file's text, "" if it is not there."""
        return await self._threads.run(_read, child(self.folder(container_id), name))

    async def remove(self, container_id: str) -> None:
        await discard(self.folder(container_id), self._threads)

    def ids(self) -> tuple[str, ...]:
        return children(self._folder)


class VolumeFiles:
    """The folder ``volumes``."""

    def __init__(self, folder: Path, threads: Threads, root: Owner = ROOT) -> None:
        """``root`` is who the containers' root is on the host: what is made is that one's."""
        self._folder = folder
        self._threads = threads
        self._root = root
        with explained(f"open {folder}"):
            folder.mkdir(mode=0o701, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where a volume's data is."""
        return child(self._folder, name) / "_data"

    async def create(self, name: str) -> None:
        """Make an empty volume; one that is there stays as it is."""
        await self._threads.run(_create, self.path(name), self._root)

    async def is_empty(self, data: Path) -> bool:
        """Whether there are no files in a volume whose data is at a path: here, or where a driver has it."""
        return await alone(_is_empty, data)

    async def copy_up(self, source: Path, data: Path) -> None:
        """Fill an empty volume with what ``source`` holds, a directory in a container's mounted root; the volume takes
        that directory's owner and mode too.

        Links on the way to ``source`` lead where they would lead the container: not out of the mount it lies in. A
        volume that has files stays as it is, and nothing happens if ``source`` is no directory. A copy that fails,
        or that a death cuts short, leaves the volume empty, unless something is mounted there or a driver has it.
        """
        ours = data.is_relative_to(self._folder)
        await alone(_copy_up, source, data, _fill if ours else _fill_in_place)

    async def remove(self, name: str) -> None:
        """Remove a volume; InternalError while something is mounted in it."""
        await discard(child(self._folder, name), self._threads)

    async def usage(self, name: str) -> int:
        """Bytes of a volume's files, 0 if it is not there."""
        return await alone(_usage, self.path(name))

    async def is_there(self, path: str, *, create: bool = False) -> bool:
        """Whether a path of the host exists, after ``create`` has made a directory (0755) of one that did not."""
        return await alone(_is_there, Path(path), create, self._root)

    async def source(self, path: str) -> MountSource:
        """What a path of the host is that is to be bound. InternalError if it cannot be looked at."""
        return await alone(_source, path)

    async def mount_around(self, path: str) -> HostMount:
        """The mount that a path of the host lies in, after its links."""
        return await alone(_mount_around, Path(path))


def _write(folder: Path, files: dict[str, str], root: Owner) -> None:
    with explained(f"write {folder}"):
        make_passage(folder, root)
        for name, text in files.items():
            fd = os.open(child(folder, name), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            with open(fd, "wb") as file:
                os.fchmod(fd, 0o644)
                os.fchown(fd, *root)
                file.write(text.encode())
                file.truncate()


def _read(path: Path) -> str:
    with explained(f"read {path}"):
        try:
            return path.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return ""


def _create(data: Path, root: Owner) -> None:
    with explained(f"create volume {data.parent.name}"):
        data.parent.mkdir(mode=0o701, exist_ok=True)
        if not data.exists():
            data.mkdir()
            data.chmod(0o755)  # whatever the umask
            os.chown(data, *root)


def _mount_around(path: Path) -> HostMount:
    with explained(f"look at {path}"):
        found = mount_of(path.resolve())
    shared, slave = (any(peer.startswith(kind) for peer in found.peers) for kind in ("shared:", "master:"))
    return HostMount(point=found.point, shared=shared, slave=slave)


def _is_empty(data: Path) -> bool:
    with explained(f"look into volume {data.parent.name}"), os.scandir(data) as entries:
        return next(entries, None) is None


def _usage(data: Path) -> int:
    with explained(f"measure volume {data.parent.name}"):
        return tree_size(data)


def _is_there(path: Path, create: bool, root: Owner) -> bool:
    if create:
        with (
            explained(f"error while creating mount source path '{path}'"),
            suppress(FileExistsError, NotADirectoryError),
        ):
            _make_directories(path, root)
    try:
        return path.exists()
    except OSError as error:
        raise InvalidMount("bind", f"stat {path}: {reason(error)}") from None


def _make_directories(path: Path, owner: Owner) -> None:
    """A directory with those above it, as far as they are missing."""
    if not path.parent.exists():
        _make_directories(path.parent, owner)
    path.mkdir(mode=0o755)
    os.chown(path, *owner)


def _source(path: str) -> MountSource:
    with explained(f"look at {path}"):
        flags = os.statvfs(path).f_flag
    restrictions = tuple(name for name, flag in _RESTRICTIONS.items() if flags & flag)
    return MountSource(restrictions=restrictions, is_directory=Path(path).is_dir())


def _copy_up(source: Path, data: Path, fill: Callable[[int, Path], None]) -> None:
    with explained(f"copy {source} to volume {data.parent.name}"):
        here = _open_source(source) if _is_empty(data) else None
        if here is None:
            return
        with closing_fd(here):
            if mount_of(data).point == str(data):  # another file system: nothing can be moved into it
                fill = _fill_in_place
            fill(here, data)


def _fill(source: int, data: Path) -> None:
    """Copied beside, then moved in: neither a failure nor a death leaves half the files in the volume."""
    staging = data.with_name(".copying")
    delete_tree(staging)
    staging.mkdir(0o700)
    try:
        with closing_fd(open_directory(staging)) as copied, closing_fd(open_directory(data)) as target:
            copy_tree(source, copied)
            status = os.fstat(copied)
            for name in os.listdir(copied):
                os.rename(name, name, src_dir_fd=copied, dst_dir_fd=target)
            copy_attributes(copied, target, status)
    finally:
        delete_tree(staging)


def _fill_in_place(source: int, data: Path) -> None:
    with closing_fd(open_directory(data)) as target:
        copy_tree(source, target)


def _open_source(source: Path) -> int | None:
    mount = mount_of(source).point
    with closing_fd(os.open(mount, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)) as root:
        try:
            return open_in_root(root, str(source.relative_to(mount)), os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, NotADirectoryError):
            return None
