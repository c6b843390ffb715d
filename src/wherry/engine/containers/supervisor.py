"""Running containers: started, watched, and started again if their policy says so."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.hubs import Hubs
from wherry.engine.containers.launcher import Launcher
from wherry.engine.containers.removal import Removal
from wherry.engine.containers.teardown import Teardown
from wherry.engine.containers.told import tell
from wherry.engine.containers.waiters import Waiters
from wherry.engine.events import Events
from wherry.engine.operations import KeyedLocks, Operations
from wherry.engine.ports import Clock, Runtime
from wherry.errors import Conflict, WherryError
from wherry.model.container import Container, Pending, Status
from wherry.model.launch import Exit, Launched
from wherry.plan import restarts
from wherry.plan.lifecycle import exit_code_of

_log = logging.getLogger(__name__)

# More starts at once only make each of them slower: they queue for the kernel's network lock.
_STARTS_AT_ONCE = 6


class Supervisor:
    """Owns the transitions between "does not run" and "runs"."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        launcher: Launcher,
        teardown: Teardown,
        removal: Removal,
        runtime: Runtime,
        hubs: Hubs,
        waiters: Waiters,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._launcher = launcher
        self._teardown = teardown
        self._removal = removal
        self._runtime = runtime
        self._hubs = hubs
        self._waiters = waiters
        self._events = events
        self._operations = operations
        self._locks = locks
        self._clock = clock
        self._starts = asyncio.Semaphore(_STARTS_AT_ONCE)
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._restarts: dict[str, asyncio.Task[None]] = {}
        self._kept: set[str] = set()

    async def start(self, ref: str) -> bool:
        """Start a container. False if it runs already. A failure is recorded, and raised."""
        container_id = self._catalog.find(ref).id
        return await self._operations.run(self._start(container_id, by_user=True))

    def watch(self, container: Container, launched: Launched) -> None:
        """Wait for the end of a container that runs."""
        self._watches[container.id] = asyncio.get_running_loop().create_task(self._watch(container.id, launched))

    def cancel_restart(self, container_id: str) -> bool:
        """Give up a restart that was about to happen. Whether there was one."""
        waiting = self._restarts.pop(container_id, None)
        return waiting is not None and waiting.cancel()

    @contextmanager
    def keeping(self, container_id: str) -> Iterator[None]:
        """While it is held, the container's end removes nothing: it is about to be started again."""
        self._kept.add(container_id)
        try:
            yield
        finally:
            self._kept.discard(container_id)

    def close(self) -> None:
        """Stop watching: the containers go on."""
        for task in (*self._watches.values(), *self._restarts.values()):
            task.cancel()

    async def _start(self, container_id: str, *, by_user: bool) -> bool:
        async with self._locks.hold(container_id):
            container = self._catalog.get(container_id)
            if container.state.alive:
                return False
            if container.state.pending is Pending.REMOVING:
                raise Conflict("container is marked for removal and cannot be started")
            if by_user:
                self.cancel_restart(container_id)
            state = replace(container.state, pending=Pending.STARTING)
            if by_user:
                state = replace(state, stopped_by_user=False, restart_count=0)
            container = await self._catalog.put(replace(container, state=state))
            try:
                async with self._starts:
                    container, launched = await self._launcher.launch(container)
            except Exception as error:
                await self._failed(container, error)
                raise
            await self.record_start(container, launched)
        return True

    async def record_start(self, container: Container, launched: Launched) -> None:
        """It runs: say so, and watch it."""
        state = replace(
            container.state,
            status=Status.RUNNING,
            pending=None,
            process=launched.process,
            monitor=launched.monitor,
            exit_code=0,
            error="",
            oom_killed=False,
            started_at=self._clock.now(),
            finished_at=0,
        )
        container = await self._catalog.put(replace(container, state=state))
        tell(self._events, container, "start")
        self.watch(container, launched)

    async def _failed(self, container: Container, error: Exception) -> None:
        """A start that failed: the code and the text that ``inspect`` shows, and those who wait are told."""
        code = exit_code_of(error)
        state = replace(container.state, pending=None, exit_code=code, error=str(error), process=None, monitor=None)
        if state.status is Status.RESTARTING:
            state = replace(state, status=Status.EXITED)
        container = await self._catalog.put(replace(container, state=state, endpoints=()))
        self._hubs.ended(container.id)
        self._waiters.exited(container.id, Exit(code=code, finished_at=self._clock.now()))
        if container.spec.host.auto_remove:
            await self._removal.remove_locked(container, volumes=True)

    async def _watch(self, container_id: str, launched: Launched) -> None:
        how = await self._runtime.exited(container_id, launched)
        del self._watches[container_id]
        await self._operations.run(self.ended(container_id, how))

    async def ended(self, container_id: str, how: Exit | None) -> None:
        """Record an exit (None: its code is lost), tear down, and do what the restart policy says."""
        async with self._locks.hold(container_id):
            if not self._catalog.has(container_id):
                return
            container = self._catalog.get(container_id)
            if container.state.alive:
                await self._ended(container, how or Exit(code=255, finished_at=self._clock.now()))

    async def _ended(self, container: Container, how: Exit) -> None:
        try:
            await self._teardown.release(container)
        except (WherryError, OSError, ExceptionGroup):
            _log.exception("container %s ended, and letting it go failed", container.id)
        delay = restarts.delay(container, how, how.finished_at - container.state.started_at)
        state = replace(
            container.state,
            status=Status.EXITED if delay is None else Status.RESTARTING,
            pending=None,
            process=None,
            monitor=None,
            exit_code=how.code,
            oom_killed=how.oom_killed,
            finished_at=how.finished_at,
            restart_count=container.state.restart_count + (delay is not None),
        )
        container = await self._catalog.put(replace(container, state=state, endpoints=()))
        self._hubs.ended(container.id)
        if how.oom_killed:
            tell(self._events, container, "oom")
        duration = max(how.finished_at - container.state.started_at, 0) // 1_000_000_000
        tell(self._events, container, "die", exitCode=str(how.code), execDuration=str(duration))
        if delay is not None:
            self.restart_later(container, delay)
        self._waiters.exited(container.id, how)
        await self._teardown.unmount(container)
        if container.spec.host.auto_remove and delay is None and container.id not in self._kept:
            await self._removal.remove_locked(container, volumes=True)

    def restart_later(self, container: Container, delay: float) -> None:
        """Start it again in ``delay`` seconds, unless somebody stops or starts it before."""
        self._restarts[container.id] = asyncio.get_running_loop().create_task(self._restart(container.id, delay))

    async def _restart(self, container_id: str, delay: float) -> None:
        await self._clock.sleep(delay)
        del self._restarts[container_id]
        try:
            await self._operations.run(self._start(container_id, by_user=False))
        except WherryError as error:
            _log.warning("container %s could not be restarted: %s", container_id, error)
