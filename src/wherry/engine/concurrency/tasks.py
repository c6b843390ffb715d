"""Work that goes on beside everything else, a task for each thing that it is for."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class KeyedTasks:
    """One task a key at a time."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """In the place of what went on under the key."""
        self.end(key)
        self._tasks[key] = asyncio.get_running_loop().create_task(work)

    def end(self, key: str) -> None:
        """Cancel what goes on under the key. Idempotent."""
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Cancel all."""
        for key in tuple(self._tasks):
            self.end(key)
