"""Ending what runs: signals, stop, restart, forced removal."""

import asyncio
import logging

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.lifecycle.freezing import Freezing
from wherry.engine.containers.lifecycle.removal import Removal
from wherry.engine.containers.lifecycle.settling import settled
from wherry.engine.containers.lifecycle.supervisor import Supervisor
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.events import Events
from wherry.engine.ports import Host, Runtime
from wherry.errors import (
    Conflict,
    InternalError,
    InvalidArgument,
    NoSuchContainer,
    NotFound,
)
from wherry.model.container import Container, Status
from wherry.model.launch import Exit
from wherry.plan import signals

_log = logging.getLogger(__name__)

_DEFAULT_TIMEOUT = 10
_AFTER_KILL = 10  # a process that survives SIGKILL this long is stuck in the kernel


class Ending:
    """Waits for exits without holding a lock: a process that will not die hangs nobody else."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        supervisor: Supervisor,
        removal: Removal,
        freezing: Freezing,
        runtime: Runtime,
        host: Host,
        waiters: Waiters,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
    ) -> None:
        self._catalog = catalog
        self._supervisor = supervisor
        self._removal = removal
        self._freezing = freezing
        self._runtime = runtime
        self._host = host
        self._waiters = waiters
        self._events = events
        self._operations = operations
        self._locks = locks

    async def kill(self, ref: str, signal: str) -> None:
        """Send a signal to the container's init; SIGKILL is waited for. NotFound, Conflict if it does not run,
        InvalidArgument, InternalError if it cannot be killed."""
        refused = f"cannot kill container: {ref}"
        number = _number(signal, refused)
        try:
            container = await settled(self._catalog, self._locks, ref)
        except NoSuchContainer as error:
            raise NotFound(f"{refused}: {error}") from None
        if not container.state.status.runs:
            raise Conflict(f"{refused}: container {container.id} is not running")
        await self._operations.run(self._kill(container, number, refused))

    async def stop(self, ref: str, signal: str, timeout: int | None) -> bool:
        """Ask it to end; kill it after ``timeout`` seconds (negative: never). False if it did not run. InternalError if
        it cannot be killed."""
        container, refused = self._catalog.find(ref), f"cannot stop container: {ref}"
        number = _number(signal, refused) if signal else self._stop_signal(container)
        return await self._operations.run(self._stop(container, number, self._timeout(container, timeout), refused))

    async def restart(self, ref: str, signal: str, timeout: int | None) -> None:
        container, refused = self._catalog.find(ref), f"Cannot restart container {ref}"
        number = _number(signal, refused) if signal else self._stop_signal(container)
        await self._operations.run(self._restart(container, number, self._timeout(container, timeout), refused))

    async def remove(self, ref: str, *, force: bool, volumes: bool) -> None:
        """Remove a container. Conflict if it runs, unless ``force``."""
        container = self._catalog.find(ref)
        await self._operations.run(self._remove(container, force, volumes))

    async def _remove(self, container: Container, force: bool, volumes: bool) -> None:
        if container.state.status.runs and not force:
            raise Conflict(_still_running(container))
        if force and (await self._mark_stopped(container.id)).alive:
            await self._kill_and_wait(container, f'cannot remove container "/{container.name}": could not kill')
        async with self._locks.hold(container.id):
            current = self._catalog.peek(container.id)
            if current is not None:
                if current.state.status.runs:
                    raise Conflict(_still_running(current))
                await self._removal.remove_locked(current, volumes=volumes)

    async def _kill(self, container: Container, number: int, refused: str) -> None:
        """Any signal says that it may end for good, unless the container has a stop signal of its own: then that one
        and SIGKILL do, as with dockerd. A restart that is due is given up."""
        final = not container.spec.stop_signal or number in (signals.KILL, self._stop_signal(container))
        if final and await self._mark_stopped(container.id) is Status.PAUSED:
            await self._freezing.thaw(container.id)
        if number == signals.KILL:
            await self._kill_and_wait(container, refused)
        else:
            await self._signal(container, number)

    async def _stop(self, container: Container, number: int, seconds: float | None, refused: str) -> bool:
        before = await self._mark_stopped(container.id)
        if before is Status.PAUSED:
            await self._freezing.thaw(container.id)
        if before.alive:
            if not await self._ended_by(container, number, seconds):
                await self._kill_and_wait(container, refused)
            tell(self._events, container, "stop")
        return before.runs

    async def _restart(self, container: Container, number: int, seconds: float | None, refused: str) -> None:
        with self._supervisor.keeping(container.id):
            await self._stop(container, number, seconds, refused)
            await self._supervisor.start(container.id)
        tell(self._events, container, "restart")

    async def _kill_and_wait(self, container: Container, refused: str) -> None:
        if self._runs(container.id) and self._catalog.get(container.id).state.status is Status.PAUSED:
            await self._runtime.resume(container.id, container.runtime)  # a frozen process does not die
        if not await self._ended_by(container, signals.KILL, _AFTER_KILL):
            raise InternalError(f"{refused}: tried to kill container, but did not receive an exit event")

    async def _ended_by(self, container: Container, number: int, seconds: float | None) -> bool:
        """Whether a signal ends it in time; one that has ended already counts."""
        if not self._runs(container.id):
            return True
        exited = self._waiters.subscribe(container.id, "next-exit")
        await self._signal(container, number)
        return await _done(exited, seconds)

    def _runs(self, container_id: str) -> bool:
        container = self._catalog.peek(container_id)
        return container is not None and container.state.alive

    async def _signal(self, container: Container, number: int) -> None:
        process = self._catalog.get(container.id).state.process
        if process is None or not await self._host.signal(process, number):
            return  # it ended meanwhile, which is what signals are for
        tell(self._events, container, "kill", signal=str(number))

    async def _mark_stopped(self, container_id: str) -> Status:
        """It is to end for good: its policy starts it no more, nor does a restart that is due. Gives what it was."""
        async with self._locks.hold(container_id):
            self._supervisor.cancel_restart(container_id)
            container = self._catalog.get(container_id)
            before = container.state.status
            if before.runs:
                status = Status.EXITED if before is Status.RESTARTING else before
                state = replace(container.state, status=status, stopped_by_user=True)
                await self._catalog.put(replace(container, state=state))
        return before

    def _stop_signal(self, container: Container) -> int:
        return signals.number(container.spec.stop_signal or "SIGTERM")

    def _timeout(self, container: Container, asked: int | None) -> float | None:
        seconds = next((value for value in (asked, container.spec.stop_timeout) if value is not None), _DEFAULT_TIMEOUT)
        return None if seconds < 0 else float(seconds)


def _number(signal: str, refused: str) -> int:
    try:
        return signals.number(signal)
    except InvalidArgument as error:
        raise InvalidArgument(f"{refused}: {error}") from None


async def _done(future: "asyncio.Future[Exit]", seconds: float | None) -> bool:
    finished, _waiting = await asyncio.wait([future], timeout=seconds)
    return bool(finished)


def _still_running(container: Container) -> str:
    state = f"{container.state.status.value}: stop the container before removing or force remove"
    if container.state.status is Status.PAUSED:
        state = "paused and must be unpaused first"
    return f'cannot remove container "/{container.name}": container is {state}'
