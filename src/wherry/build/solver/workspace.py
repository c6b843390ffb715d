"""Folders of one build: all of them go when it ends."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wherry.engine.operations import undoable
from wherry.engine.ports import BuildFiles
from wherry.errors import WherryError

_log = logging.getLogger(__name__)


class Workspace:
    def __init__(self, files: BuildFiles) -> None:
        self._files = files
        self._folders: list[Path] = []

    async def folder(self) -> Path:
        """A new empty one."""
        async with undoable(self._files.begin(), self._files.remove) as folder:
            self._folders.append(folder)
            return folder

    async def clear(self) -> None:
        """What resists is logged: the next start removes it."""
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
