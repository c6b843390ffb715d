"""One data root, opened."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from wherry.model.remapping import ROOT, RemappedFiles
from wherry.postponing import postponed
from wherry.store import plugins, views
from wherry.store.blobs import archives
from wherry.store.blobs.content import Content
from wherry.store.builds import building, mirrors
from wherry.store.builds.cache_folders import CacheFolders
from wherry.store.failures import explained
from wherry.store.files import ContainerFiles, VolumeFiles
from wherry.store.layers import changesets
from wherry.store.layers.snapshots import Snapshots
from wherry.store.lock import RootLock
from wherry.store.logs import Logs
from wherry.store.programs.nursery import Nursery
from wherry.store.records import Records
from wherry.store.records.database import Database
from wherry.store.trees.filesystem import set_topdir
from wherry.store.trees.removal import sweep
from wherry.store.trees.walking import delete_tree
from wherry.threads import Threads

_THREADS: Final = 8


class Store:
    """All that is kept below a data root: one field for each of the engine's ports that the store fills."""

    def __init__(self, root: Path, remapped: RemappedFiles | None = None) -> None:
        """``await Store.open(root)`` does it off the event loop. Blocks."""
        owner = remapped.root if remapped else ROOT
        with explained(f"open data root {root}"):
            root.mkdir(mode=0o710, parents=True, exist_ok=True)
            self.root = root.resolve()
        with ExitStack() as undo:
            self._lock = RootLock(self.root)
            undo.callback(self._lock.release)
            with explained(f"close data root {self.root} to others"):
                self.root.chmod(0o710)  # volumes in it may have files of root that anybody may run (CVE-2021-41091)
            self._threads = Threads(_THREADS, "store")
            self._nursery = Nursery()
            self._builds = self.root / "builds"
            with explained(f"open {self._builds}"):
                self._builds.mkdir(mode=0o710, exist_ok=True)
                set_topdir(self._builds)
            self.layers = postponed(lambda: changesets.Layers(self._nursery.start))
            self.content = Content(self.root / "blobs", self._threads)
            self.archives = postponed(lambda: archives.ImageArchives(self.content))
            self.snapshots = Snapshots(self.root / "overlay2", self._threads, remapped)
            self.builds = postponed(
                lambda: building.BuildFiles(self._builds, self._threads, remapped, self._nursery.start)
            )
            self.cache_folders = CacheFolders(self.root / "buildcache", self._threads, remapped)
            self.mirrors = postponed(
                lambda: mirrors.Mirrors(self.root / "buildcache", self._threads, self._nursery.start)
            )
            self.containers = ContainerFiles(self.root / "containers", self._threads, owner)
            self.volumes = VolumeFiles(self.root / "volumes", self._threads, owner)
            self.plugins = postponed(
                lambda: plugins.PluginFiles(self.root / "plugins", self._threads, self._nursery.start)
            )
            self.view_files = postponed(lambda: views.ViewFiles(self._nursery.start))
            self.logs = Logs(self._threads)
            self._database = Database(self.root / "wherry.db")
            undo.callback(self._database.close)
            self.records = Records(self._database)
            undo.pop_all()

    @classmethod
    async def open(cls, root: Path, remapped: RemappedFiles | None = None) -> "Store":
        """Open a data root, made if need be, and begin to delete what removals of an earlier life left over.

        Conflict if another engine uses it; NotSupported if its file system is no place for overlay mounts;
        InternalError if its database is damaged, unreadable or newer. Nothing is changed then.
        """
        store = await asyncio.to_thread(cls, root, remapped)
        store._threads.submit(store._sweep)
        return store

    @property
    def has_plugins(self) -> bool:
        """Whether there ever was a managed plugin."""
        return (self.root / "plugins").exists()

    async def close(self) -> None:
        """Wait for all that was begun, then let the root go."""
        await self._nursery.close()
        await asyncio.to_thread(self._close)

    def _sweep(self) -> None:
        """Delete what builds of an earlier life left, none is under way yet, and what removals did."""
        for left in self._builds.iterdir():
            delete_tree(left)
        for folder in ("overlay2", "buildcache", "containers", "volumes", "plugins"):
            sweep(self.root / folder)

    def _close(self) -> None:
        self._threads.shutdown()
        self._database.close()
        self._lock.release()
