"""Directories that outlive builds, to be mounted in them."""

import os
from pathlib import Path

from wherry.model.remapping import RemappedFiles
from wherry.store.failures import explained
from wherry.store.trees.removal import child, children, discard
from wherry.store.trees.walking import delete_tree, tree_size
from wherry.threads import Threads


class CacheFolders:
    """The folder ``buildcache``."""

    def __init__(self, folder: Path, threads: Threads, remapped: RemappedFiles | None = None) -> None:
        self._folder = folder
        self._view = remapped.view / folder.name if remapped else folder
        self._threads = threads
        with explained(f"open {folder}"):
            folder.mkdir(mode=0o710, exist_ok=True)

    def bindable(self, name: str) -> Path:
        """Where containers may mount a directory: the owners of its files are there who they are in them."""
        return child(self._view, name)

    async def create(self, name: str) -> Path:
        """An empty directory, whatever was there."""
        path = child(self._folder, name)
        await self._threads.run(_create, path)
        return path

    async def dress(self, name: str, mode: int, owner: tuple[int, int]) -> None:
        """Give a directory its mode and owner."""
        await self._threads.run(_dress, child(self._folder, name), mode, owner)

    async def remove(self, name: str) -> None:
        await discard(child(self._folder, name), self._threads)

    async def size(self, name: str) -> int:
        """Bytes of a directory's files, 0 if it is not there."""
        return await self._threads.run(tree_size, child(self._folder, name))

    def names(self) -> tuple[str, ...]:
        """All directories that exist, for the sweep."""
        return children(self._folder)


def _create(path: Path) -> None:
    with explained(f"create {path}"):
        delete_tree(path)
        path.mkdir(mode=0o700)


def _dress(path: Path, mode: int, owner: tuple[int, int]) -> None:
    with explained(f"create {path}"):
        os.chown(path, *owner)
        path.chmod(mode)
