"""Looking at a container: its streams, its log, its processes, its size, its end."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.events import tell
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.containers.lifecycle.waiters import Waiters
from wherry.engine.containers.output.hubs import Hubs
from wherry.engine.containers.output.streams import Attachment
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.ports import ContainerFiles, Host, Layers, LogReaders, Runtime, Snapshots
from wherry.errors import Conflict, NotRunning, NotSupported
from wherry.model.change import PathChange
from wherry.model.container import Container, Status
from wherry.model.launch import Exit
from wherry.model.log import LogLine, LogRange
from wherry.model.mount import OverlayMount
from wherry.plan.containers import detach
from wherry.plan.logs import options as log_options

_ADVICE = {
    Status.PAUSED: "paused, unpause the container before attach",
    Status.RESTARTING: "restarting, wait until the container is running",
}


class Paths(Struct, frozen=True, kw_only=True):
    """Where a container's files are on the host; ``sandbox`` pins its network namespace while it runs."""

    hosts: str
    hostname: str
    resolv_conf: str
    log: str
    sandbox: str
    overlay: OverlayMount


class Viewing:
    def __init__(
        self,
        *,
        catalog: Catalog,
        images: Images,
        roots: Roots,
        sandboxes: Sandboxes,
        snapshots: Snapshots,
        layers: Layers,
        files: ContainerFiles,
        logs: LogReaders,
        journal: LogReaders,
        runtime: Runtime,
        host: Host,
        hubs: Hubs,
        waiters: Waiters,
        events: Events,
    ) -> None:
        self._catalog = catalog
        self._images = images
        self._roots = roots
        self._sandboxes = sandboxes
        self._snapshots = snapshots
        self._layers = layers
        self._files = files
        self._logs = logs
        self._journal = journal
        self._runtime = runtime
        self._host = host
        self._hubs = hubs
        self._waiters = waiters
        self._events = events

    def wait(self, ref: str, condition: str) -> Awaitable[Exit]:
        """How the container ends, or ended; subscribed with this call."""
        container = self._catalog.find(ref)
        future = self._waiters.subscribe(container.id, condition)
        if condition == "not-running" and not container.state.status.runs:
            future.set_result(Exit(code=container.state.exit_code, finished_at=container.state.finished_at))
        return future

    async def attach(
        self, ref: str, *, stdin: bool, stdout: bool, stderr: bool, stream: bool, logs: bool, detach_keys: str
    ) -> Attachment:
        """Join the container's streams. ``logs`` replays what was said so far; without ``stream`` that is all."""
        container = self._catalog.find(ref)
        if container.state.status in _ADVICE:
            raise Conflict(f"container {container.id} is {_ADVICE[container.state.status]}")
        wanted = detach.parse(detach_keys)
        replay = await self._said(container, LogRange(stdout=stdout, stderr=stderr)) if logs else []
        keys = wanted if stdin else b""
        client = await self._hubs.attach(container, stdout=stdout, stderr=stderr, keys=keys, replay=replay)
        if not stream:
            client.end()
        tell(self._events, container, "attach")
        return client

    async def _said(self, container: Container, which: LogRange) -> list[tuple[int, bytes]]:
        batches = self._readers(container).lines(self._files.log(container.id), which)
        return [(line.stream, line.data) async for batch in batches for line in batch]

    async def resize(self, ref: str, height: int, width: int) -> None:
        container = self._catalog.find(ref)
        if not container.state.alive:
            raise NotRunning(container.id)
        await self._runtime.resize(container.id, height, width)
        tell(self._events, container, "resize", height=str(height), width=str(width))

    def logs(self, ref: str, which: LogRange, *, follow: bool) -> AsyncGenerator[list[LogLine], None]:
        """Lines of the container's log, in batches; with ``follow`` until it ends."""
        container = self._logged(ref)
        path = self._files.log(container.id)
        if follow and container.state.status.runs:
            return self._follow(container, path, which)
        return self._readers(container).lines(path, which)

    async def _follow(self, container: Container, path: Path, which: LogRange) -> AsyncGenerator[list[LogLine], None]:
        """The container's end is waited for no longer than somebody reads."""
        ended = self._waiters.subscribe(container.id, "next-exit")
        now = self._catalog.peek(container.id)
        if now is None or not now.state.status.runs:
            ended.cancel()  # it ended before this was listening
        try:
            async with aclosing(self._readers(container).follow(path, which, ended)) as batches:
                async for lines in batches:
                    yield lines
        finally:
            ended.cancel()

    def log_frames(self, ref: str, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        """The log as multiplexed frames, in bulk; see ``LogReaders.frames``."""
        container = self._logged(ref)
        return self._readers(container).frames(self._files.log(container.id), which, joined=joined)

    def _readers(self, container: Container) -> LogReaders:
        return self._journal if container.spec.host.log.driver == "journald" else self._logs

    def _logged(self, ref: str) -> Container:
        container = self._catalog.find(ref)
        if not log_options.is_readable(container.spec.host.log):
            raise NotSupported("configured logging driver does not support reading")
        return container

    async def top(self, ref: str, ps_args: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Titles and rows of ps(1) for the container's processes."""
        container = self._catalog.find(ref)
        if not container.state.alive:
            raise NotRunning(container.id)
        found = await self._host.processes(container, ps_args or "-ef")
        tell(self._events, container, "top")
        return found

    async def size(self, ref: str) -> tuple[int, int]:
        """Bytes that the container wrote, and those with its image's."""
        container = self._catalog.find(ref)
        written = await self._snapshots.usage(container.id)
        return written, written + sum(layer.size for layer in self._images.chain(container.chain_id))

    async def changes(self, ref: str) -> tuple[PathChange, ...]:
        """What the container changed in its image's files, sorted by path."""
        container = self._catalog.find(ref)
        async with self._images.hold(container.chain_id):
            lowers = [self._snapshots.tree(layer.directory) for layer in self._images.chain(container.chain_id)]
            upper = self._snapshots.tree(container.id)
            return await self._layers.changes(upper, (*lowers, self._snapshots.mount_points))

    def paths(self, container: Container) -> Paths:
        folder = self._files.folder(container.id)
        return Paths(
            hosts=str(folder / "hosts"),
            hostname=str(folder / "hostname"),
            resolv_conf=str(folder / "resolv.conf"),
            log=str(self._files.log(container.id)) if container.spec.host.log.driver == "json-file" else "",
            sandbox=self._sandboxes.path(container.id),
            overlay=self._roots.overlay(container),
        )
