"""Directories that outlive builds: ``RUN --mount=type=cache``. Each has a row in the build cache."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from wherry.build.actions import CacheMount
from wherry.build.solver.story import Chapter
from wherry.engine.operations import KeyedLocks
from wherry.engine.ports import BuildFiles, CacheFolders, Clock, Records
from wherry.model.build import CACHE_MOUNT, CacheEntry, CacheUsage, Placement, Selection

_LOCKED, _PRIVATE = "locked", "private"


class CacheMounts:
    def __init__(self, *, records: Records, files: BuildFiles, folders: CacheFolders, clock: Clock) -> None:
        self._records = records
        self._files = files
        self._folders = folders
        self._clock = clock
        self._locks = KeyedLocks()
        self._making = KeyedLocks()
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def held(self, mount: CacheMount, origin: Selection | None, chapter: Chapter) -> AsyncIterator[Path]:
        """The directory of a mount, in use while the block runs: alone if it is to be ``locked``; a ``private`` one
        that is in use gets a neighbour."""
        async with AsyncExitStack() as stack:
            if mount.sharing == _LOCKED:
                with chapter.locked_out():
                    await stack.enter_async_context(self._locks.hold(mount.id))
            key = self._key(mount)
            self._users[key] += 1
            stack.callback(self._leave, key)
            yield await self._directory(key, mount, origin)

    async def usage(self) -> tuple[CacheUsage, ...]:
        """All of them, oldest first, as large as they are now."""
        return tuple(
            [
                CacheUsage(
                    entry=replace(entry, size=await self._folders.size(entry.key)),
                    shared=False,
                    in_use=self._users[entry.key] > 0,
                )
                for entry in self._records.cache.all()
                if entry.kind == CACHE_MOUNT
            ]
        )

    async def remove(self, entry: CacheEntry) -> int:
        """Gives how many bytes are free now; none if it has come into use meanwhile."""
        async with self._making.hold(entry.key):
            if self._users[entry.key]:
                return 0
            await self._records.cache.delete(entry.key)
            await self._folders.remove(entry.key)
        return entry.size

    async def sweep(self) -> None:
        """At start: remove directories without a row."""
        known = {entry.key for entry in self._records.cache.all()}
        for key in self._folders.names():
            if key not in known:
                await self._folders.remove(key)

    def _key(self, mount: CacheMount) -> str:
        number = 0
        key = _key(mount.id, number)
        while mount.sharing == _PRIVATE and self._users[key]:
            number += 1
            key = _key(mount.id, number)
        return key

    def _leave(self, key: str) -> None:
        self._users[key] -= 1
        self._users += Counter()

    async def _directory(self, key: str, mount: CacheMount, origin: Selection | None) -> Path:
        async with self._making.hold(key):
            entry = self._records.cache.get(key)
            if entry is None:
                entry = await self._make(key, mount, origin)
            await self._records.cache.put(replace(entry, last_used=self._clock.now(), uses=entry.uses + 1))
            return self._folders.bindable(key)

    async def _make(self, key: str, mount: CacheMount, origin: Selection | None) -> CacheEntry:
        path = await self._folders.create(key)
        if origin is not None:
            placement = Placement(selections=(origin,), destination="/", owner=None, link=False)
            await self._files.place(placement, path, ())
        await self._folders.dress(key, mount.mode, (mount.uid, mount.gid))
        now = self._clock.now()
        return CacheEntry(
            key=key,
            parent="",
            chain_id="",
            description=f"cached mount {mount.target} with id {mount.id!r}",
            created=now,
            last_used=now,
            kind=CACHE_MOUNT,
        )


def _key(mount_id: str, number: int) -> str:
    return sha256(f"{mount_id}\0{number}".encode()).hexdigest()
