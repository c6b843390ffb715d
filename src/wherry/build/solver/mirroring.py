"""Files of a client's directory, kept from build to build: only what has changed comes again."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from wherry.build.client import Offer
from wherry.build.comparing import compared
from wherry.build.solver.keptfolders import KeptFolders, folder_key
from wherry.build.solver.workspace import Workspace
from wherry.engine.operations import KeyedLocks
from wherry.engine.ports import CacheFolders, Host, Mirrors
from wherry.model.build import LOCAL_SOURCE, CacheEntry
from wherry.model.mirror import KnownFile


class Mirror(Struct, frozen=True):
    """``index`` tells digests of the files in ``tree``."""

    tree: Path
    index: Path


class Mirroring:
    def __init__(self, *, kept: KeptFolders, folders: CacheFolders, mirrors: Mirrors, host: Host) -> None:
        self._kept = kept
        self._folders = folders
        self._mirrors = mirrors
        self._host = host
        self._locks = KeyedLocks()

    @asynccontextmanager
    async def mirrored(self, key: str, name: str, offer: Offer, space: Workspace) -> AsyncIterator[Mirror]:
        """The files of the directory ``name`` that are offered, unchanged while the block runs. ``key`` is the same for
        the same directory.

        Builds that find the same share a mirror; one that finds changes while others use it takes its neighbour.
        """
        with ExitStack() as users:
            async with self._locks.hold(key):
                folder = await self._suitable(key, name, offer, space, users)
            yield Mirror(self._mirrors.tree(folder), self._mirrors.index(folder))

    async def _suitable(self, key: str, name: str, offer: Offer, space: Workspace, users: ExitStack) -> str:
        """A mirror that holds what is offered, in use for ``users``."""
        number = 0
        while True:
            folder = folder_key(key, number)
            in_use = self._kept.in_use(folder)
            with ExitStack() as using:
                using.enter_context(self._kept.using(folder))
                await self._kept.take(self._entry(folder, name), _leave_empty)
                known = await self._mirrors.files(folder, self._boot)
                same = known is not None and [file.token for file in known] == list(offer.told.tokens)
                if same or not in_use:
                    if not same:
                        await self._update(folder, known, offer, space)
                    users.push(using.pop_all())
                    return folder
            number += 1

    async def _update(self, folder: str, known: tuple[KnownFile, ...] | None, offer: Offer, space: Workspace) -> None:
        changes = compared(known or (), offer.told)
        if known is None:
            await self._folders.create(folder)
        contents = offer.contents(changes.wanted)
        await self._mirrors.change(folder, changes, contents, await space.folder(), self._boot)

    def _entry(self, folder: str, name: str) -> CacheEntry:
        now = self._kept.now()
        return CacheEntry(
            key=folder,
            parent="",
            chain_id="",
            description=f"local source for {name}",
            created=now,
            last_used=now,
            kind=LOCAL_SOURCE,
        )

    @property
    def _boot(self) -> str:
        return self._host.facts().boot_id


async def _leave_empty(_: Path) -> None:
    """The mirror is filled by and by."""
