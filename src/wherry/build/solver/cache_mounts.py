"""Directories for ``RUN --mount=type=cache``."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from wherry.build.plan.actions import CacheMount
from wherry.build.solver.kept_folders import KeptFolders, folder_key
from wherry.build.solver.story import Chapter
from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.ports import BuildFiles, CacheFolders
from wherry.errors import InvalidArgument
from wherry.model.build import CACHE_MOUNT, CacheEntry, Placement, Selection

_LOCKED, _PRIVATE = "locked", "private"


class CacheMounts:
    def __init__(self, *, kept: KeptFolders, files: BuildFiles, folders: CacheFolders) -> None:
        self._kept = kept
        self._files = files
        self._folders = folders
        self._locks = KeyedLocks()

    @asynccontextmanager
    async def held(self, mount: CacheMount, origin: Selection | None, chapter: Chapter) -> AsyncIterator[Path]:
        """The directory of a mount, in use while the block runs: alone if it is to be ``locked``; a ``private`` one
        that is in use gets a neighbour. InvalidArgument if what it is to be filled with is not there."""
        async with AsyncExitStack() as stack:
            if mount.sharing == _LOCKED:
                with chapter.locked_out():
                    await stack.enter_async_context(self._locks.hold(mount.id))
            key = self._key(mount)
            stack.enter_context(self._kept.using(key))
            entry = _entry(key, mount, self._kept.now())
            await self._kept.take(entry, lambda path: self._fill(path, key, mount, origin))
            yield self._folders.bindable(key)

    def _key(self, mount: CacheMount) -> str:
        number = 0
        key = folder_key(mount.id, number)
        while mount.sharing == _PRIVATE and self._kept.in_use(key):
            number += 1
            key = folder_key(mount.id, number)
        return key

    async def _fill(self, path: Path, key: str, mount: CacheMount, origin: Selection | None) -> None:
        if origin is not None:
            if (await self._files.select((origin,))).missing is not None:
                raise InvalidArgument(f'failed to compute cache key: "{origin.patterns[0]}": not found')
            placement = Placement(selections=(origin,), destination="/", owner=None, link=False)
            await self._files.place(placement, path, ())
        await self._folders.dress(key, mount.mode, (mount.uid, mount.gid))


def _entry(key: str, mount: CacheMount, now: int) -> CacheEntry:
    return CacheEntry(
        key=key,
        description=f"cached mount {mount.target} with id {mount.id!r}",
        created=now,
        last_used=now,
        kind=CACHE_MOUNT,
    )
