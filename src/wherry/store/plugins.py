"""The files of managed plugins."""

import hashlib
import os
from collections.abc import AsyncIterable
from contextlib import aclosing
from pathlib import Path
from stat import S_ISREG
from typing import Final

from wherry.errors import InternalError
from wherry.model.plugin import PluginFilesFound
from wherry.store.blobs.content import Content
from wherry.store.failures import explained
from wherry.store.layers.changesets import Layers
from wherry.store.programs.children import Start
from wherry.store.trees.descriptors import closing_fd, open_directory
from wherry.store.trees.removal import child, children, discard
from wherry.store.trees.walking import delete_tree
from wherry.tar import pack
from wherry.threads import Threads, alone

_LONGEST: Final = 4 << 20  # bytes of a config.json


class PluginFiles:
    """The folder ``plugins``. ``<id>/propagated-mount`` is where what a plugin mounts is seen by others;
    ``<revision>/rootfs`` what it has as its root until it is upgraded, ``<revision>/blobs`` what that came of."""

    def __init__(self, folder: Path, threads: Threads, start: Start) -> None:
        self._folder = folder
        self._threads = threads
        self._layers = Layers(start)
        with explained(f"open {folder}"):
            folder.mkdir(mode=0o700, exist_ok=True)

    def folder(self, plugin_id: str) -> Path:
        return child(self._folder, plugin_id)

    async def make_folder(self, plugin_id: str) -> None:
        await self._threads.run(_make, self.folder(plugin_id) / "propagated-mount")

    def root(self, revision: str) -> Path:
        return self.folder(revision) / "rootfs"

    async def begin(self, revision: str) -> Content:
        """The blobs of a new revision, none so far."""
        return await self._threads.run(self.blobs, revision)

    def blobs(self, revision: str) -> Content:
        return Content(self.folder(revision) / "blobs", self._threads)

    async def unpack(self, revision: str, chunks: AsyncIterable[bytes]) -> PluginFilesFound:
        """The root of an archive that holds ``config.json`` and ``rootfs``, and the blob of its layer. CorruptLayer,
        InternalError, NoSpace."""
        arrived, root = self.folder(revision) / "arrived", self.root(revision)
        await self._threads.run(_make, arrived)
        await self._layers.apply(chunks, arrived)
        config, diff_id = await alone(_adopt, arrived, root)
        layer = await self.blobs(revision).absorb(self._layers.gzip(root, diff_id))
        return PluginFilesFound(config=config, layer=layer, diff_id=diff_id)

    async def assemble(self, revision: str, digests: tuple[str, ...]) -> None:
        """The root of layers, the lowest first, that are among the blobs. CorruptLayer, InternalError, NoSpace."""
        blobs, folder, root = self.blobs(revision), self.folder(revision) / "layers", self.root(revision)
        trees: tuple[Path, ...] = ()
        for digest in digests:
            tree = folder / str(len(trees))
            await self._threads.run(_make, tree)
            await self._layers.apply_file(blobs.path(digest), tree, trees)
            trees = (tree, *trees)
        await self._threads.run(_make, root)
        async with aclosing(self._layers.pack_merged(trees)) as chunks:
            await self._layers.apply(chunks, root)
        await alone(_delete, folder)

    async def open_sockets(self, folder: Path) -> None:
        """An empty folder for the socket of one that is about to run."""
        await self._threads.run(_open_sockets, folder)

    async def remove_sockets(self, folder: Path) -> None:
        """Idempotent."""
        await self._threads.run(_delete, folder)

    async def remove(self, name: str) -> None:
        """The files of a plugin or of a revision. Idempotent. InternalError while something is mounted there."""
        await discard(self.folder(name), self._threads)

    def names(self) -> tuple[str, ...]:
        """Plugins and revisions that have files."""
        return children(self._folder)


def _make(folder: Path) -> None:
    with explained(f"create {folder}"):
        folder.mkdir(mode=0o755, parents=True)


def _delete(folder: Path) -> None:
    with explained(f"remove {folder}"):
        if folder.exists():
            delete_tree(folder)


def _open_sockets(folder: Path) -> None:
    _delete(folder)
    with explained(f"create {folder}"):
        folder.mkdir(mode=0o700, parents=True)


def _adopt(arrived: Path, root: Path) -> tuple[bytes, str]:
    """The configuration that has arrived, and the diff ID of the root that has and is moved."""
    with explained(f"create {root}"), closing_fd(open_directory(arrived)) as at:
        try:
            os.close(open_directory("rootfs", at))
        except (FileNotFoundError, NotADirectoryError):
            raise InternalError("no rootfs found: EOF") from None
        config = _config(at)
        os.rename(arrived / "rootfs", root)
    digest = hashlib.sha256()
    with explained(f"read {root}"):
        delete_tree(arrived)
        for chunk in pack.diff(os.fspath(root)):
            digest.update(chunk)
    return config, f"sha256:{digest.hexdigest()}"


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
