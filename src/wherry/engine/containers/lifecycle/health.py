"""Health checks of the containers that run: a timer each, and an exec session when it is due."""

import asyncio
import logging

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.concurrency.tasks import KeyedTasks
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.execs import Execs
from wherry.engine.containers.output.streams import Attachment
from wherry.engine.events import Events
from wherry.engine.ports import Clock
from wherry.errors import WherryError
from wherry.model.container import Container, Status
from wherry.model.exec import ExecSpec
from wherry.model.health import Probe
from wherry.plan.containers import health

_log = logging.getLogger(__name__)


class HealthChecks:
    """Probes as sessions that anybody could have asked for; their results go into the container's row."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        execs: Execs,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._execs = execs
        self._events = events
        self._operations = operations
        self._locks = locks
        self._clock = clock
        self._checks = KeyedTasks()

    def begin(self, container: Container) -> None:
        """Probe a container that runs from now on, if it has a health check."""
        self.end(container.id)
        if health.command(container.spec):
            age = max(self._clock.now() - container.state.started_at, 0)
            self._checks.begin(container.id, self._check(container.id, self._clock.monotonic() - age))

    def end(self, container_id: str) -> None:
        """No more probes; one that is under way is killed, and not counted. Idempotent."""
        self._checks.end(container_id)

    def close(self) -> None:
        """The engine ends: the next one goes on where the rows say."""
        self._checks.close()

    async def _check(self, container_id: str, born: int) -> None:
        """Probe again and again. ``born`` is when the container was started, by the clock that nobody sets."""
        while container := self._catalog.peek(container_id):
            await self._clock.sleep(health.wait(container, self._clock.now(), self._clock.monotonic() - born))
            age = self._clock.monotonic() - born
            probe = await self._probe(container)
            try:
                await self._operations.run(self._record(container, probe, age))
            except (WherryError, OSError):
                _log.exception("container %s: a health check could not be recorded", container_id)

    async def _probe(self, container: Container) -> Probe:
        start = self._clock.now()
        try:
            code, output = await self._run(container)
        except (WherryError, OSError) as error:
            code, output = -1, str(error)
        return Probe(start=start, end=self._clock.now(), exit_code=code, output=output)

    async def _run(self, container: Container) -> tuple[int, str]:
        """Exit code and output of one session."""
        spec = container.spec
        asked = ExecSpec(command=health.command(spec), attach_stdout=True, attach_stderr=True)
        exec_id = await self._execs.create(container.id, asked)
        said = bytearray()
        try:
            client = await self._execs.start(exec_id, detach=False)
            async with asyncio.timeout(health.timeout(spec)):
                await _collect(client, said)
        except TimeoutError:
            return -1, health.timed_out(spec, _text(said))
        finally:
            await self._execs.kill(exec_id)
        ended = self._execs.find(exec_id)
        return (-1, ended.failure) if ended.failure else (ended.exit_code or 0, _text(said))

    async def _record(self, probed: Container, probe: Probe, age: int) -> None:
        async with self._locks.hold(probed.id):
            container = self._catalog.peek(probed.id)
            if container is None:
                return
            state = container.state
            if state.status is not Status.RUNNING or state.started_at != probed.state.started_at:
                return
            after = health.probed(container, probe, age)
            await self._catalog.put(replace(container, state=replace(state, health=after)))
        if state.health is None or state.health.status is not after.status:
            tell(self._events, container, f"health_status: {after.status}")


async def _collect(client: Attachment | None, said: bytearray) -> None:
    """Add all that a client hears, up to one byte more than is kept."""
    if client is None:
        return
    try:
        while (item := await client.read())[0]:
            said += item[1][: health.MAX_OUTPUT + 1 - len(said)]
    finally:
        client.close()


def _text(said: bytearray) -> str:
    text = said[: health.MAX_OUTPUT].decode(errors="replace")
    return f"{text}..." if len(said) > health.MAX_OUTPUT else text
