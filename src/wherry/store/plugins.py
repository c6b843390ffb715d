"""The files of managed plugins."""

import hashlib
import os
from collections.abc import AsyncIterable
from pathlib import Path
from stat import S_ISREG
from typing import Final

from wherry.errors import InternalError
from wherry.model.plugin import PluginFilesFound
from wherry.store.failures import explained
from wherry.store.programs.children import Start
from wherry.store.programs.intake import poured
from wherry.store.trees.descriptors import closing_fd, open_directory
from wherry.store.trees.removal import child, children, discard
from wherry.store.trees.walking import delete_tree
from wherry.tar import pack
from wherry.threads import Threads, alone

_LONGEST: Final = 4 << 20  # bytes of a config.json


class PluginFiles:
    """The folder ``plugins``: ``<id>/rootfs`` is what a plugin has as its root, ``<id>/propagated-mount`` where what it
    mounts is seen by others."""

    def __init__(self, folder: Path, threads: Threads, start: Start) -> None:
        self._folder = folder
        self._threads = threads
        self._start = start
        with explained(f"open {folder}"):
            folder.mkdir(mode=0o700, exist_ok=True)

    def folder(self, plugin_id: str) -> Path:
        return child(self._folder, plugin_id)

    async def unpack(self, plugin_id: str, chunks: AsyncIterable[bytes]) -> PluginFilesFound:
        """The files of a new plugin, of an archive that holds ``config.json`` and ``rootfs``. What is there when this
        raises (CorruptLayer, InternalError, NoSpace) is the caller's to remove."""
        folder = self.folder(plugin_id)
        arrived = folder / "arrived"
        with explained(f"create {folder}"):
            arrived.mkdir(mode=0o700, parents=True)
        await poured(self._start, "layer", (arrived, "", ""), chunks)
        return await alone(_adopt, folder, arrived)

    async def open_sockets(self, folder: Path) -> None:
        """An empty folder for the socket of one that is about to run."""
        await self._threads.run(_open_sockets, folder)

    async def remove_sockets(self, folder: Path) -> None:
        """Idempotent."""
        await self._threads.run(_remove_sockets, folder)

    async def remove(self, plugin_id: str) -> None:
        """Idempotent. InternalError while something is mounted there."""
        await discard(self.folder(plugin_id), self._threads)

    def ids(self) -> tuple[str, ...]:
        return children(self._folder)


def _open_sockets(folder: Path) -> None:
    _remove_sockets(folder)
    with explained(f"create {folder}"):
        folder.mkdir(mode=0o700, parents=True)


def _remove_sockets(folder: Path) -> None:
    with explained(f"remove {folder}"):
        if folder.exists():
            delete_tree(folder)


def _adopt(folder: Path, arrived: Path) -> PluginFilesFound:
    root = folder / "rootfs"
    with explained(f"create {folder}"), closing_fd(open_directory(arrived)) as at:
        try:
            os.close(open_directory("rootfs", at))
        except (FileNotFoundError, NotADirectoryError):
            raise InternalError("no rootfs found: EOF") from None
        config = _config(at)
        os.rename(arrived / "rootfs", root)
        (folder / "propagated-mount").mkdir(mode=0o755)
    digest = hashlib.sha256()
    with explained(f"read {root}"):
        delete_tree(arrived)
        for chunk in pack.diff(os.fspath(root)):
            digest.update(chunk)
    return PluginFilesFound(config=config, diff_id=f"sha256:{digest.hexdigest()}")


def _config(at: int) -> bytes:
    try:
        fd = os.open("config.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except FileNotFoundError:
        raise InternalError("config not found") from None
    with open(fd, "rb") as file:
        if not S_ISREG(os.fstat(fd).st_mode):
            raise InternalError("config not found")
        text = file.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise InternalError(f"config.json: longer than {_LONGEST} bytes")
    return text
