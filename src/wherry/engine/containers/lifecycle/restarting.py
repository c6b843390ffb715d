"""Restarts by policy that are due: each a task that waits, and can be given up until it begins."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import takewhile

from wherry.engine.containers.catalog import Catalog
from wherry.engine.ports import Clock
from wherry.errors import WherryError
from wherry.model.container import Container
from wherry.plan.containers import namespaces

_log = logging.getLogger(__name__)


class Restarts:
    """``restart`` starts a container by its id; it asks ``take`` whether it still is to be started."""

    def __init__(self, *, catalog: Catalog, clock: Clock, restart: Callable[[str], Awaitable[bool]]) -> None:
        self._catalog = catalog
        self._clock = clock
        self._restart = restart
        self._due: dict[str, asyncio.Task[None]] = {}
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def later(self, container: Container, delay: float) -> None:
        """Start it again in ``delay`` seconds, unless somebody stops or starts it before."""
        if not self._closed:
            self.cancel(container.id)
            self._due[container.id] = asyncio.get_running_loop().create_task(self._wait(container, delay))

    def take(self, container_id: str) -> bool:
        """Whether a restart is due; it no longer is."""
        due = self._due.pop(container_id, None)
        if due is not None:
            self._begun[container_id] = due
            due.add_done_callback(lambda _: self._begun.pop(container_id, None))
        return due is not None

    def cancel(self, container_id: str) -> None:
        """Give up a restart that was about to happen. Idempotent."""
        due = self._due.pop(container_id, None)
        if due is not None:
            due.cancel()

    async def settled(self, patience: float) -> None:
        """Wait until those that are due or begun now have been tried, for so many seconds at most."""
        if restarts := (*self._due.values(), *self._begun.values()):
            await asyncio.wait(restarts, timeout=patience)

    def close(self) -> None:
        """Give up all, and take no more."""
        self._closed = True
        for container_id in tuple(self._due):
            self.cancel(container_id)

    def _before(self, container: Container) -> "list[asyncio.Task[None]]":
        """Restarts, due or begun, of containers without which this one cannot start: they are older, all of them."""
        needed = {*(link.source for link in container.links), *namespaces.peers(container.spec.host)}
        older = takewhile(lambda other: other.id != container.id, self._catalog.all())  # whatever the clock said then
        restarts = {**self._due, **self._begun}
        return [restarts[other.id] for other in older if needed & {other.id, other.name} and other.id in restarts]

    async def _wait(self, container: Container, delay: float) -> None:
        await self._clock.sleep(delay)
        if before := self._before(container):
            await asyncio.wait(before)
        try:
            await self._restart(container.id)
        except (WherryError, OSError) as error:
            _log.warning("container %s could not be restarted: %s", container.id, error)
