"""Files of a client's directory, kept from build to build: only what has changed comes again."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from wherry.build.client import Offer
from wherry.build.plan.comparing import compared
from wherry.build.solver.kept_folders import KeptFolders, folder_key
from wherry.build.solver.workspace import Folder, Workspace
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.ports import CacheFolders, Host, Mirrors
from wherry.model.build import LOCAL_SOURCE, CacheEntry
from wherry.model.mirror import KnownFile

_LIFE: Final = 48 * 3600 * 10**9  # nanoseconds without use: as in BuildKit's default policy for local sources


class Mirroring:
    def __init__(self, *, kept: KeptFolders, folders: CacheFolders, mirrors: Mirrors, host: Host) -> None:
        self._kept = kept
        self._folders = folders
        self._mirrors = mirrors
        self._host = host
        self._locks = KeyedLocks()

    @asynccontextmanager
    async def mirrored(self, key: str, name: str, offer: Offer, space: Workspace) -> AsyncIterator[Folder]:
        """The files of the directory ``name`` that are offered, unchanged while the block runs. ``key`` is the same for
        the same directory.

        Builds that find the same share a mirror; one that finds changes while others use it takes its neighbour. So of
        builds that ask for different parts of a directory at the same time each finds its own again.
        """
        with ExitStack() as users:
            async with self._locks.hold(key):
                folder, known = await self._chosen(key, offer)
                users.enter_context(self._kept.using(folder))
                if not await self._kept.take(self._entry(folder, name), _leave_empty):
                    known = None  # it was pruned just now
                if not _is_same(known, offer):
                    await self._update(folder, known, offer, space)
            await self._kept.expire(LOCAL_SOURCE, self._kept.now() - _LIFE)
            yield Folder(self._mirrors.tree(folder), self._mirrors.index(folder))

    async def _chosen(self, key: str, offer: Offer) -> tuple[str, tuple[KnownFile, ...] | None]:
        """A mirror that holds what is offered, or else one that nobody uses; and what it holds."""
        number, free = 0, None
        while True:
            folder = folder_key(key, number)
            known = await self._mirrors.files(folder, self._boot)
            if _is_same(known, offer):
                return folder, known
            if free is None and not self._kept.in_use(folder):
                free = folder, known
            if free is not None and known is None:
                return free
            number += 1

    async def _update(self, folder: str, known: tuple[KnownFile, ...] | None, offer: Offer, space: Workspace) -> None:
        changes = compared(known or (), offer.told)
        if known is None:
            await self._folders.create(folder)
        packets = offer.packets(changes.wanted)
        await self._mirrors.change(folder, changes, packets, await space.folder(), self._boot)

    def _entry(self, folder: str, name: str) -> CacheEntry:
        now = self._kept.now()
        return CacheEntry(
            key=folder,
            description=f"local source for {name}",
            created=now,
            last_used=now,
            kind=LOCAL_SOURCE,
        )

    @property
    def _boot(self) -> str:
        return self._host.facts().boot_id


def _is_same(known: tuple[KnownFile, ...] | None, offer: Offer) -> bool:
    return known is not None and [file.token for file in known] == list(offer.told.tokens)


async def _leave_empty(_: Path) -> None:
    """The mirror is filled by and by."""
