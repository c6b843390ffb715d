"""Folders of one build: all of them go when it ends, and what else it holds until then."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from wherry.engine.concurrency.operations import undoable
from wherry.engine.ports import BuildFiles
from wherry.errors import WherryError

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Folder(Struct, frozen=True):
    """Files of a context; ``index`` knows their digests, if there is one."""

    path: Path
    index: Path | None = None


class Workspace:
    def __init__(self, files: BuildFiles) -> None:
        self._files = files
        self._folders: list[Path] = []
        self._held = AsyncExitStack()

    async def folder(self) -> Path:
        """A new empty one."""
        async with undoable(self._files.begin(), self._files.remove) as folder:
            self._folders.append(folder)
            return folder

    async def hold(self, thing: AbstractAsyncContextManager[T]) -> T:
        """Enter it; it is left when the build ends."""
        return await self._held.enter_async_context(thing)

    async def clear(self) -> None:
        """What resists is logged: the next start removes it."""
        await self._held.aclose()
        for folder in self._folders:
            try:
                await self._files.remove(folder)
            except WherryError:
                _log.exception("a build's folder could not be removed")


@asynccontextmanager
async def workspace(files: BuildFiles) -> AsyncIterator[Workspace]:
    space = Workspace(files)
    try:
        yield space
    finally:
        await space.clear()
