"""Sizes of volumes, which may lie on a server that is gone."""

import asyncio
import logging

from wherry.engine.concurrency.operations import Operations
from wherry.engine.volumes import Volumes
from wherry.errors import WherryError

UNKNOWN = -1
PATIENCE = 5.0  # seconds until a file system is taken for one that does not answer

_log = logging.getLogger(__name__)


class Measuring:
    """Who does not answer is asked once at a time, whoever wants to know."""

    def __init__(self, volumes: Volumes, operations: Operations) -> None:
        self._volumes = volumes
        self._operations = operations
        self._asked: dict[str, asyncio.Task[bool]] = {}

    async def sizes(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Bytes of each volume's files; as with Docker ``UNKNOWN`` for one that cannot be measured."""
        asked = [self._ask(name) for name in names]
        if asked:
            await asyncio.wait(asked, timeout=PATIENCE)
        return tuple(
            [await self._size(name) if task.done() else UNKNOWN for name, task in zip(names, asked, strict=True)]
        )

    def _ask(self, name: str) -> asyncio.Task[bool]:
        task = self._asked.get(name)
        if task is None:
            task = self._asked[name] = self._operations.begin(self._volumes.is_there(name))
            task.add_done_callback(lambda _: self._asked.pop(name))
        return task

    async def _size(self, name: str) -> int:
        try:
            return await self._volumes.size(name)
        except WherryError as error:
            _log.warning("%s", error)
            return UNKNOWN
