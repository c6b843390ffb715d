"""Directories that outlive builds: each has a row in the build cache, and users while builds use it."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.ports import CacheFolders, Clock, Records
from wherry.errors import WherryError
from wherry.model.build import STEP, CacheEntry, CacheUsage

_log = logging.getLogger(__name__)


class KeptFolders:
    """Those of all kinds: for ``RUN --mount=type=cache``, and of clients' files."""

    def __init__(self, *, records: Records, folders: CacheFolders, clock: Clock) -> None:
        self._records = records
        self._folders = folders
        self._clock = clock
        self._making = KeyedLocks()
        self._users: Counter[str] = Counter()

    def in_use(self, key: str) -> bool:
        return self._users[key] > 0

    @contextmanager
    def using(self, key: str) -> Iterator[None]:
        """It stays while the block runs."""
        self._users[key] += 1
        try:
            yield
        finally:
            self._users[key] -= 1
            self._users += Counter()

    def now(self) -> int:
        return self._clock.now()

    async def take(self, entry: CacheEntry, fill: Callable[[Path], Awaitable[None]]) -> bool:
        """Whether a directory is there. It is made and filled if it is not; ``entry`` is its row then. ``using`` it is
        the caller's part."""
        async with self._making.hold(entry.key):
            known = self._records.cache.get(entry.key)
            if known is None:
                await fill(await self._folders.create(entry.key))
            row = known or entry
            await self._records.cache.put(replace(row, last_used=self._clock.now(), uses=row.uses + 1))
            return known is not None

    async def usage(self) -> tuple[CacheUsage, ...]:
        """All of them, oldest first, as large as they are now."""
        return tuple(
            [
                CacheUsage(
                    entry=replace(entry, size=await self._folders.size(entry.key)),
                    shared=False,
                    in_use=self.in_use(entry.key),
                )
                for entry in self._records.cache.all()
                if entry.kind != STEP
            ]
        )

    async def remove(self, entry: CacheEntry) -> int:
        """Gives how many bytes are free now; none if it has come into use meanwhile."""
        async with self._making.hold(entry.key):
            if self.in_use(entry.key):
                return 0
            await self._records.cache.delete(entry.key)
            await self._folders.remove(entry.key)
        return entry.size

    async def expire(self, kind: str, since: int) -> None:
        """Remove those of a kind that were not used ``since`` then, in nanoseconds since the epoch. What resists is
        logged: it is tried again."""
        for entry in tuple(self._records.cache.all()):
            if entry.kind == kind and entry.last_used < since:
                try:
                    await self.remove(entry)
                except WherryError:
                    _log.exception("what a build kept could not be removed")


def folder_key(name: str, number: int) -> str:
    """The key of the ``number``th directory for the same thing, from 0: each that is in use alone has a neighbour."""
    return sha256(f"{name}\0{number}".encode()).hexdigest()
