"""Running containers: started, watched, and started again if their policy says so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks, Turns
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.launcher import Launcher
from wherry.engine.containers.launch.teardown import Teardown
from wherry.engine.containers.lifecycle.health import HealthChecks
from wherry.engine.containers.lifecycle.removal import Removal
from wherry.engine.containers.lifecycle.restarting import Restarts
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.containers.output.forwarding import LogForwarding
from wherry.engine.containers.output.hubs import Hubs
from wherry.engine.containers.output.rotation import LogRotation
from wherry.engine.events import Events
from wherry.engine.ports import Clock, Runtime
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import Conflict, WherryError
from wherry.model.container import Container, Pending, Status
from wherry.model.launch import Exit, Launched
from wherry.plan import signals
from wherry.plan.containers import lifecycle, restarts

_log = logging.getLogger(__name__)

# More starts at once only make each of them slower: they queue for the kernel's network lock.
_STARTS_AT_ONCE = 6
# Ends at once as well; and each is made of steps that the event loop waits for: hundreds in a row would be felt.
_ENDS_AT_ONCE = 6
_TURN = 5.0  # seconds; a host path of the container may be on a server that is gone
_RETRY = 1.0  # seconds


class Supervisor:
    """Owns the transitions between "does not run" and "runs"."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        launcher: Launcher,
        teardown: Teardown,
        removal: Removal,
        volumes: VolumeUse,
        runtime: Runtime,
        hubs: Hubs,
        checks: HealthChecks,
        rotation: LogRotation,
        forwarding: LogForwarding,
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
        self._volumes = volumes
        self._runtime = runtime
        self._hubs = hubs
        self._checks = checks
        self._rotation = rotation
        self._forwarding = forwarding
        self._waiters = waiters
        self._events = events
        self._operations = operations
        self._locks = locks
        self._clock = clock
        self._starts = Turns(_STARTS_AT_ONCE, _TURN)
        self._ends = Turns(_ENDS_AT_ONCE, _TURN)
        self._unclean: set[str] = set()
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._kept: set[str] = set()
        self._restarts = Restarts(catalog=catalog, clock=clock, restart=self._restart)

    async def start(self, ref: str) -> bool:
        """Start a container. False if it runs already. A failure is recorded, and raised."""
        container_id = self._catalog.find(ref).id
        return await self._operations.run(self._start(container_id, by_user=True))

    def watch(self, container: Container, launched: Launched) -> None:
        """Wait for the end of a container that runs, and see to its health and its log meanwhile."""
        self._watches[container.id] = asyncio.get_running_loop().create_task(self._watch(container.id, launched))
        if container.state.status is Status.RUNNING:
            self._checks.begin(container)
        self._rotation.begin(container)
        self._forwarding.begin(container)

    def restart_later(self, container: Container, delay: float) -> None:
        """Start it again in ``delay`` seconds, unless somebody stops or starts it before."""
        self._restarts.later(container, delay)

    def cancel_restart(self, container_id: str) -> None:
        """Give up a restart that was about to happen. Idempotent."""
        self._restarts.cancel(container_id)

    async def restarts_settled(self, patience: float) -> None:
        """Wait until the restarts that are due now have been tried, for so many seconds at most."""
        await self._restarts.settled(patience)

    @contextmanager
    def keeping(self, container_id: str) -> Iterator[None]:
        """While it is held, the container's end removes nothing: it is about to be started again."""
        self._kept.add(container_id)
        try:
            yield
        finally:
            self._kept.discard(container_id)

    async def close(self) -> None:
        """Let what was begun end, and stop watching: the containers go on."""
        self._restarts.close()
        self._checks.close()
        self._rotation.close()
        self._forwarding.close()
        await self._operations.drain()
        for task in self._watches.values():
            task.cancel()

    async def _restart(self, container_id: str) -> bool:
        return await self._operations.run(self._start(container_id, by_user=False))

    async def _start(self, container_id: str, *, by_user: bool) -> bool:
        async with self._locks.hold(container_id):
            if not by_user and not self._restarts.take(container_id):
                return False  # given up while it waited for the lock
            container = self._catalog.get(container_id)
            if container.state.status is Status.PAUSED:
                raise Conflict("cannot start a paused container, try unpause instead")
            if container.state.alive:
                return False
            if container.state.pending is Pending.REMOVING:
                raise Conflict("container is marked for removal and cannot be started")
            self._restarts.cancel(container_id)
            try:
                container = await self._begin(container, by_user=by_user)
                if by_user:
                    await self._forwarding.connect(container)
                async with self._starts.turn():
                    launched = await self._launcher.launch(container)
                await self.record_start(container, launched)
            except Exception as error:
                await self._failed(container, error)
                raise
        return True

    async def _begin(self, container: Container, *, by_user: bool) -> Container:
        """What is about to be made is in the row before it is made."""
        if container.id in self._unclean or container.state.pending:
            await self._teardown.everything(container)
            self._unclean.discard(container.id)
        state = replace(container.state, pending=Pending.STARTING)
        if by_user:
            state = replace(state, stopped_by_user=False, restart_count=0, restart_delay=0.0)
        return await self._catalog.put(replace(self._launcher.plan(container), state=state))

    async def record_start(self, container: Container, launched: Launched) -> None:
        """It runs: say so, and watch it."""
        state = lifecycle.started(container, launched, self._clock.now())
        container = await self._catalog.put(replace(container, state=state))
        tell(self._events, container, "start")
        self.watch(container, launched)

    async def _failed(self, container: Container, error: Exception) -> None:
        """A start that failed: undone, with the code and the text that ``inspect`` shows; those who wait are told."""
        await self._let_go(container, self._teardown.everything)
        self._forwarding.end(container.id)
        state = lifecycle.failed(container.state, error)
        try:
            container = await self._catalog.put(replace(container, state=state, endpoints=()))
        finally:
            self._hubs.ended(container.id)
            self._waiters.exited(container.id, Exit(code=state.exit_code, finished_at=self._clock.now()))
        if container.spec.host.auto_remove and container.id not in self._kept:
            await self._let_go(container, self._remove)

    async def _watch(self, container_id: str, launched: Launched) -> None:
        how = await self._exited(container_id, launched) or self.killed()
        del self._watches[container_id]
        while not await self._operations.run(self._recorded(container_id, how)):
            await self._clock.sleep(_RETRY)

    async def _exited(self, container_id: str, launched: Launched) -> Exit | None:
        """The end, waited for however long the kernel has no descriptor left to wait with."""
        while True:
            try:
                return await self._runtime.exited(container_id, launched)
            except OSError:
                _log.exception("container %s cannot be watched", container_id)
                await self._clock.sleep(_RETRY)

    async def _recorded(self, container_id: str, how: Exit) -> bool:
        """Whether an exit could be recorded: a full disk has room again some time."""
        try:
            await self.ended(container_id, how)
        except (WherryError, OSError):
            _log.exception("the end of container %s could not be recorded", container_id)
            return False
        return True

    def killed(self) -> Exit:
        """How a container ends whose monitor is gone: it is killed, since nobody holds its streams any more."""
        return Exit(code=128 + signals.KILL, finished_at=self._clock.now())

    async def ended(self, container_id: str, how: Exit | None) -> None:
        """Record an exit (None: its code is lost), tear down, and do what the restart policy says."""
        async with self._locks.hold(container_id), self._ends.turn():
            container = self._catalog.peek(container_id)
            if container and container.state.alive:
                await self._ended(container, how or Exit(code=255, finished_at=self._clock.now()))

    async def _ended(self, container: Container, how: Exit) -> None:
        self._checks.end(container.id)
        self._rotation.end(container.id)
        self._forwarding.end(container.id)
        await self._let_go(container, self._teardown.release)
        self._volumes.let_go(container)
        delay = restarts.delay(container, how, how.finished_at - container.state.started_at)
        state = lifecycle.ended(container, how, delay)
        removes = container.spec.host.auto_remove and delay is None and container.id not in self._kept
        if removes:
            state = lifecycle.removing(state, volumes=True)
        container = await self._catalog.put(replace(container, state=state, endpoints=()))
        self._hubs.ended(container.id)
        if how.oom_killed:
            tell(self._events, container, "oom")
        duration = max(how.finished_at - container.state.started_at, 0) // 1_000_000_000
        tell(self._events, container, "die", exitCode=str(how.code), execDuration=str(duration))
        if delay is not None:
            self._restarts.later(container, delay)
        self._waiters.exited(container.id, how)
        await self._let_go(container, self._teardown.finish)
        if removes:
            clean = container.id not in self._unclean
            await self._let_go(container, self._removal.carry_out if clean else self._remove)

    async def _remove(self, container: Container) -> None:
        await self._removal.remove_locked(container, volumes=True)

    async def _let_go(self, container: Container, step: Callable[[Container], Awaitable[None]]) -> None:
        """A step of the tear-down as far as it goes: what resists is logged, and tried again before the next start."""
        try:
            await step(container)
        except (WherryError, OSError, ExceptionGroup):
            _log.exception("container %s: letting it go failed", container.id)
            self._unclean = {known for known in self._unclean if self._catalog.has(known)} | {container.id}
