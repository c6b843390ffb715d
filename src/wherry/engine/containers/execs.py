"""Exec sessions: commands run inside a running container."""

import asyncio
import logging
from itertools import islice

import msgspec
from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.concurrency.operations import Operations
from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.linking import Linking
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.lifecycle.settling import settled
from wherry.engine.containers.output.streams import Attachment, Hub
from wherry.engine.events import Events
from wherry.engine.ports import Chance, Clock, ExecSession, Host, Runtime
from wherry.errors import (
    Conflict,
    ContainerPaused,
    ContainerRestarting,
    InvalidArgument,
    NoSuchExec,
    NotRunning,
    WherryError,
)
from wherry.model.container import Container, Status
from wherry.model.exec import Exec, ExecSpec
from wherry.model.launch import ExecLaunch
from wherry.model.resources import Ulimit
from wherry.plan import signals
from wherry.plan.containers import detach
from wherry.plan.containers.lifecycle import exec_exit_code_of
from wherry.plan.containers.validation import check_lengths
from wherry.plan.oci.rlimits import oom_score_adj
from wherry.plan.oci.runtime_spec import exec_process

_log = logging.getLogger(__name__)

_REMEMBERED = 1000
_SOON = 0.01  # seconds
_FRESH = 0.5  # seconds for which what a container's files say is believed


class Execs:
    """Sessions live in memory: they end with their container, and nobody asks for them after the engine died."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        linking: Linking,
        roots: Roots,
        runtime: Runtime,
        host: Host,
        events: Events,
        operations: Operations,
        locks: KeyedLocks,
        chance: Chance,
        clock: Clock,
        default_ulimits: tuple[Ulimit, ...],
    ) -> None:
        self._catalog = catalog
        self._linking = linking
        self._roots = roots
        self._runtime = runtime
        self._host = host
        self._events = events
        self._operations = operations
        self._locks = locks
        self._chance = chance
        self._clock = clock
        self._default_ulimits = default_ulimits
        self._execs: dict[str, Exec] = {}
        self._containers: dict[str, str] = {}  # of the sessions that run
        self._sessions: dict[str, ExecSession] = {}
        self._documents: dict[str, asyncio.Task[bytes]] = {}
        self._watches: set[asyncio.Task[None]] = set()

    async def create(self, ref: str, spec: ExecSpec) -> str:
        """Prepare a session in a running container; gives its id. NotRunning, ContainerPaused, InvalidArgument."""
        if not spec.command:
            raise InvalidArgument("No exec command specified")
        check_lengths(spec.command[0], spec.working_dir)
        container = _running(await settled(self._catalog, self._locks, ref), ref)
        detach.parse(spec.detach_keys, "escape")
        session = Exec(id=self._chance.new_id(), container_id=container.id, spec=spec)
        self._forget_old()
        self._execs[session.id] = session
        asyncio.get_running_loop().call_soon(self._expect, container, session)  # when the client has its answer
        tell(self._events, container, f"exec_create: {' '.join(spec.command)}", execID=session.id)
        return session.id

    def find(self, exec_id: str) -> Exec:
        """The session, with the process that it has or had. NoSuchExec."""
        found = self._execs.get(exec_id)
        if found is None:
            raise NoSuchExec(exec_id)
        session = self._sessions.get(exec_id)
        return replace(found, process=session.process) if session and found.running else found

    def of(self, container_id: str) -> tuple[str, ...]:
        """Ids of the sessions that run in a container."""
        return tuple(exec_id for exec_id, container in self._containers.items() if container == container_id)

    async def start(self, exec_id: str, *, detach: bool, console_size: tuple[int, int] = (0, 0)) -> Attachment | None:
        """Run the command; gives its streams, or None if ``detach``.

        A command that cannot run raises if it is detached or has a terminal; otherwise the text comes in the stream
        and the exit code is 126 or 127, as there is no knowing before it was tried.
        """
        item = self.find(exec_id)
        if item.running or item.exit_code is not None:
            raise Conflict(f"exec {exec_id} has already been started")
        container = _running(self._catalog.find(item.container_id), item.container_id)
        spec = replace(item.spec, console_size=_size(console_size, item.spec.console_size))
        item = replace(item, spec=spec, running=True)
        self._execs[exec_id] = item
        self._containers[exec_id] = container.id
        begun = self._operations.begin(self._start(container, item, detach))
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            begun.add_done_callback(_let_streams_go)
            raise

    async def resize(self, exec_id: str, height: int, width: int) -> None:
        """Change the size of the session's terminal. NoSuchExec, Conflict if it does not run.

        Of one that begins, once it has: docker 20.10 asks for this at the same time, and gives up after 50 ms.
        """
        while self.find(exec_id).running and exec_id not in self._sessions:
            await self._clock.sleep(_SOON)
        session = self._sessions.get(exec_id)
        if session is None:
            raise Conflict(f"exec {exec_id} is not running")
        await session.console.resize(height, width)

    async def kill(self, exec_id: str) -> None:
        """Kill the session's command, if it runs."""
        while (item := self.find(exec_id)).running and item.process is None:
            await self._clock.sleep(_SOON)  # the runtime is about to note it
        if item.running and item.process is not None:
            await self._host.signal(item.process, signals.KILL)

    def close(self) -> None:
        """Stop watching the sessions that run."""
        for watch in self._watches:
            watch.cancel()

    async def _start(self, container: Container, item: Exec, detached: bool) -> Attachment | None:
        try:
            process = await (self._documents.pop(item.id, None) or self._process(container, item))
            session = await self._runtime.exec(self._launch(container, item, detached), process)
        except (WherryError, OSError) as error:
            self._ended(item, exec_exit_code_of(error), str(error))
            raise
        self._sessions[item.id] = session
        tell(self._events, container, f"exec_start: {' '.join(item.spec.command)}", execID=item.id)
        hub = Hub(tty=item.spec.tty, stdin_once=True, pinned=True, left=lambda: None)
        client = None
        if not detached:
            keys = detach.parse(item.spec.detach_keys) if item.spec.attach_stdin else b""
            client = hub.attach(stdout=item.spec.attach_stdout, stderr=item.spec.attach_stderr, keys=keys)
        hub.connect(session.console)
        watch = asyncio.get_running_loop().create_task(self._watch(container, item, session, hub, client))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return client

    async def _watch(
        self, container: Container, item: Exec, session: ExecSession, hub: Hub, client: Attachment | None
    ) -> None:
        """Record how the session ends, and only then let its client see the end: it will ask for the code."""
        failure = ""
        try:
            code = await session.wait()
        except (WherryError, OSError) as error:
            code, failure = exec_exit_code_of(error), str(error)
        self._sessions.pop(item.id, None)
        self._ended(replace(item, process=session.process), code, failure)
        if not failure:
            tell(self._events, container, "exec_die", execID=item.id, exitCode=str(code))
        await hub.finished()
        if client is not None and failure:
            await client.deliver(1, f"{failure}\r\n".encode())
        hub.end()

    def _ended(self, item: Exec, code: int, failure: str) -> None:
        self._containers.pop(item.id, None)
        if item.id in self._execs:
            self._execs[item.id] = replace(item, running=False, exit_code=code, failure=failure)

    def _expect(self, container: Container, item: Exec) -> None:
        """Its client is about to start it. Where that cannot be prepared, the start will say so."""
        spec = item.spec
        attached = spec.attach_stdin or spec.attach_stdout or spec.attach_stderr
        if not attached or spec.tty or self._execs.get(item.id) is not item:
            return
        try:
            self._runtime.expect(self._launch(container, item, detached=False))
        except WherryError as error:
            _log.debug("exec %s: nothing was prepared: %s", item.id, error)
            return
        self._documents[item.id] = self._operations.begin(self._process(container, item))
        asyncio.get_running_loop().call_later(_FRESH, self._documents.pop, item.id, None)

    async def _process(self, container: Container, item: Exec) -> bytes:
        """The OCI process object."""
        root = self._roots.overlay(container).target
        user = item.spec.user or container.spec.user
        identity = await self._roots.identity(root, user, container.spec.host.group_add)
        process = exec_process(
            container,
            item.spec,
            identity,
            self._host.facts(),
            linked_env=self._linking.environment(container),
            default_ulimits=self._default_ulimits,
        )
        return msgspec.json.encode(process)

    def _launch(self, container: Container, item: Exec, detached: bool) -> ExecLaunch:
        spec, facts = item.spec, self._host.facts()
        score = oom_score_adj(container.spec.host, facts)
        return ExecLaunch(
            exec_id=item.id,
            container_id=container.id,
            runtime=container.runtime,
            command=spec.command[0],
            tty=spec.tty,
            stdin=spec.attach_stdin,
            attached=not detached,
            init=container.state.process,
            oom_score_adj=None if score == facts.oom_score_adj else score,
            remapped=container.remapping is not None,
        )

    def _forget_old(self) -> None:
        ended = (exec_id for exec_id, item in self._execs.items() if item.exit_code is not None)
        for exec_id in tuple(islice(ended, max(len(self._execs) - _REMEMBERED, 0))):
            del self._execs[exec_id]


def _running(container: Container, ref: str) -> Container:
    if container.state.status is Status.PAUSED:
        raise ContainerPaused(ref)
    if container.state.status is Status.RESTARTING:
        raise ContainerRestarting(container.id)
    if not container.state.alive:
        raise NotRunning(container.id)
    return container


def _size(*sizes: tuple[int, int]) -> tuple[int, int]:
    """The first size that was given."""
    return next((size for size in sizes if all(size)), (0, 0))


def _let_streams_go(begun: "asyncio.Task[Attachment | None]") -> None:
    """Who asked for them has left: streams that nobody reads would hold the command up."""
    if not begun.cancelled() and begun.exception() is None and (client := begun.result()) is not None:
        client.close()
