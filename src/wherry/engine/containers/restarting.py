"""Restarts by policy that are due: each a task that waits, and can be given up until it begins."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from wherry.engine.containers.catalog import Catalog
from wherry.engine.ports import Clock
from wherry.errors import WherryError
from wherry.model.container import Container
from wherry.plan import namespaces

_log = logging.getLogger(__name__)


class Restarts:
    """``restart`` starts a container by its id; it asks ``take`` whether it still is to be started."""

    def __init__(self, *, catalog: Catalog, clock: Clock, restart: Callable[[str], Awaitable[bool]]) -> None:
        self._catalog = catalog
        self._clock = clock
        self._restart = restart
        self._due: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def later(self, container: Container, delay: float) -> None:
        """Start it again in ``delay`` seconds, unless somebody stops or starts it before."""
        if not self._closed:
            self.cancel(container.id)
            waiting = self._wait(container.id, delay, self._before(container))
            self._due[container.id] = asyncio.get_running_loop().create_task(waiting)

    def take(self, container_id: str) -> bool:
        """Whether a restart is due; it no longer is."""
        return self._due.pop(container_id, None) is not None

    def cancel(self, container_id: str) -> None:
        """Give up a restart that was about to happen. Idempotent."""
        due = self._due.pop(container_id, None)
        if due is not None:
            due.cancel()

    def close(self) -> None:
        """Give up all, and take no more."""
        self._closed = True
        for container_id in tuple(self._due):
            self.cancel(container_id)

    def _before(self, container: Container) -> "list[asyncio.Task[None]]":
        """Restarts that are due of containers without which this one cannot start."""
        needed = {*(link.source for link in container.links), *namespaces.peers(container.spec.host)}
        others = (other.id for other in self._catalog.all() if needed & {other.id, other.name})
        return [self._due[other] for other in others if other in self._due]

    async def _wait(self, container_id: str, delay: float, before: "list[asyncio.Task[None]]") -> None:
        await self._clock.sleep(delay)
        if before:
            await asyncio.wait(before)
        try:
            await self._restart(container_id)
        except (WherryError, OSError) as error:
            _log.warning("container %s could not be restarted: %s", container_id, error)
