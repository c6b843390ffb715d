"""An engine in memory: the services as the API knows them, with as little behind them as a user could notice."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from msgspec import Struct
from msgspec.structs import replace
from tests.fakes.registry import FakeRegistry
from tests.unit.api.samples import BRIDGE, BUSYBOX, FACTS, IMAGE, NOW, PATHS, RUNNING, SamplePaths

from wherry.build.pruning import Prune
from wherry.build.request import BuildRequest
from wherry.engine.committing import CommitRequest
from wherry.engine.containers import Containers
from wherry.engine.containers.copying import Packed
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.ports import Host, Registry, Runtime
from wherry.engine.registries import Registries
from wherry.engine.streams import Detached
from wherry.engine.system import System
from wherry.engine.transfer import Transfer
from wherry.engine.volumes import Volumes
from wherry.errors import (
    Conflict,
    InvalidArgument,
    NameInUse,
    NoSuchContainer,
    NoSuchExec,
    NoSuchImage,
    NoSuchNetwork,
    NoSuchVolume,
    NotFound,
)
from wherry.model.build import BuildNews, CacheUsage
from wherry.model.container import Container, ContainerSpec, Status
from wherry.model.event import Event
from wherry.model.exec import Exec, ExecSpec
from wherry.model.host import Forwarding, HostFacts
from wherry.model.image import Image, Layer, Platform
from wherry.model.launch import Exit, RuntimeInfo
from wherry.model.log import LogLine, LogRange
from wherry.model.network import Network, NetworkRequest
from wherry.model.path_stat import PathStat
from wherry.model.progress import Progress
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.model.system import Settings
from wherry.model.volume import Volume
from wherry.wire.frames import frame


class FakeAttachment:
    """Output that a test puts in, input that it can look at. ``detach`` is what the client types to leave."""

    def __init__(self, *, tty: bool = False, detach: bytes = b"\x10\x11") -> None:
        self.tty = tty
        self.typed = bytearray()
        self.stdin_closed = asyncio.Event()
        self.left = asyncio.Event()
        self.reads = 0
        self._detach = detach
        self._output: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    def say(self, stream: int, data: bytes) -> None:
        self._output.put_nowait((stream, data))

    def end(self) -> None:
        self._output.put_nowait((0, b""))

    async def read(self) -> tuple[int, bytes]:
        self.reads += 1
        return await self._output.get()

    async def write(self, data: bytes) -> None:
        if data == self._detach:
            raise Detached
        self.typed += data

    async def close_stdin(self) -> None:
        self.stdin_closed.set()

    def close(self) -> None:
        self.left.set()


class Created(Struct, frozen=True, kw_only=True):
    container: Container
    warnings: tuple[str, ...] = ()


class FakeContainers:
    """``attachment`` is what the next attach gives, ``asked`` the attach's own arguments, ``lines`` every log."""

    def __init__(self, *containers: Container) -> None:
        self.table = {container.id: container for container in containers}
        self.exits: dict[str, asyncio.Future[Exit]] = {}
        self.attachment = FakeAttachment()
        self.asked: dict[str, object] = {}
        self.lines: list[LogLine] = []
        self.followed: asyncio.Queue[LogLine | None] = asyncio.Queue()
        self.ranges: list[LogRange] = []
        self.stopped: list[tuple[str, str, int | None]] = []
        self.sizes: list[tuple[int, int]] = []
        self.started = asyncio.Event()

    def find(self, ref: str) -> Container:
        for container in self.table.values():
            if container.name == ref.removeprefix("/") or (ref and container.id.startswith(ref)):
                return container
        raise NoSuchContainer(ref)

    def all(self) -> tuple[Container, ...]:
        return tuple(self.table.values())

    async def create(self, spec: ContainerSpec, name: str = "", platform: str = "") -> Created:
        if spec.image != "busybox":
            raise NoSuchImage(f"{spec.image}:latest")
        if spec.host.pid.startswith("container:"):
            self.find(spec.host.pid.partition(":")[2])
        for other in self.table.values():
            if other.name == name:
                raise NameInUse(name, other.id)
        self.asked["platform"] = platform
        container = Container(
            id=f"{len(self.table) + 1:064x}", name=name or "brave_curie", image_id=IMAGE.id, chain_id="",
            created=NOW, spec=spec, runtime="crun",
        )  # fmt: skip
        self._put(container)
        return Created(container=container, warnings=("swap is not limited",) if spec.host.resources.memory else ())

    async def start(self, ref: str) -> bool:
        self.started.set()
        return self._become(ref, Status.RUNNING)

    async def stop(self, ref: str, *, signal: str = "", timeout: int | None = None) -> bool:
        self.stopped.append((ref, signal, timeout))
        return self._become(ref, Status.EXITED)

    async def restart(self, ref: str, *, signal: str = "", timeout: int | None = None) -> None:
        self.stopped.append((ref, signal, timeout))
        self._become(ref, Status.RUNNING)

    async def kill(self, ref: str, signal: str = "SIGKILL") -> None:
        self.stopped.append((ref, signal, None))
        self._become(ref, Status.EXITED)

    async def unlink(self, ref: str) -> None:
        self.asked["unlinked"] = ref

    def links(self, container: Container) -> tuple[str, ...]:
        return ()

    def link_names(self) -> dict[str, tuple[str, ...]]:
        return {}

    async def rename(self, ref: str, name: str) -> None:
        self._put(replace(self.find(ref), name=name))

    async def pause(self, ref: str) -> None:
        self._become(ref, Status.PAUSED)

    async def unpause(self, ref: str) -> None:
        self._become(ref, Status.RUNNING)

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False) -> None:
        container = self.find(ref)
        if container.state.alive and not force:
            raise Conflict(f'cannot remove container "/{container.name}": container is running')
        self.asked["volumes"] = volumes
        del self.table[container.id]

    def wait(self, ref: str, condition: str = "not-running") -> Awaitable[Exit]:
        if condition not in ("not-running", "next-exit", "removed"):
            raise InvalidArgument(f'invalid condition: "{condition}"')
        exit_: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.exits[self.find(ref).id] = exit_
        return exit_

    async def resize(self, ref: str, height: int, width: int) -> None:
        self.sizes.append((height, width))

    async def top(self, ref: str, ps_args: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        self.find(ref)
        return ("PID", "CMD"), (("4242", ps_args),)

    async def attach(
        self, ref: str, *, stdin: bool, stdout: bool, stderr: bool, stream: bool, logs: bool, detach_keys: str
    ) -> FakeAttachment:
        self.asked = {
            "container": self.find(ref).name, "stdin": stdin, "stdout": stdout, "stderr": stderr,
            "stream": stream, "logs": logs, "detach_keys": detach_keys,
        }  # fmt: skip
        return self.attachment

    def logs(self, ref: str, which: LogRange, *, follow: bool) -> AsyncIterator[list[LogLine]]:
        self.ranges.append(which)
        return self._logs(follow)

    async def log_frames(self, ref: str, which: LogRange) -> AsyncIterator[bytes]:
        self.ranges.append(which)
        for line in self.lines:
            yield frame(line.stream, line.data)

    async def size(self, ref: str) -> tuple[int, int]:
        return 5, 2026606

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        self.asked = {"until": until, "labels": labels}
        stopped = tuple(container.id for container in self.all() if not container.state.alive)
        for container_id in stopped:
            del self.table[container_id]
        return stopped, 7 * len(stopped)

    def paths(self, container: Container) -> SamplePaths:
        return PATHS

    async def _logs(self, follow: bool) -> AsyncIterator[list[LogLine]]:
        yield self.lines
        while follow and (line := await self.followed.get()):
            yield [line]

    def _become(self, ref: str, status: Status) -> bool:
        container = self.find(ref)
        self._put(replace(container, state=replace(container.state, status=status, started_at=NOW)))
        return container.state.status is not status

    def _put(self, container: Container) -> None:
        self.table[container.id] = container


class FakeExecs:
    """``failure`` is raised by the next start, ``attachment`` what it gives else, once it ``may_start``."""

    def __init__(self, containers: FakeContainers) -> None:
        self._containers = containers
        self.sessions: dict[str, Exec] = {}
        self.attachment = FakeAttachment()
        self.failure: Exception | None = None
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.sizes: list[tuple[int, int]] = []

    async def create(self, ref: str, spec: ExecSpec) -> str:
        container = self._containers.find(ref)
        session = Exec(id="e" * 64, container_id=container.id, spec=spec)
        self.sessions[session.id] = session
        return session.id

    def find(self, exec_id: str) -> Exec:
        if exec_id not in self.sessions:
            raise NoSuchExec(exec_id)
        return self.sessions[exec_id]

    def of(self, container_id: str) -> tuple[str, ...]:
        return tuple(item.id for item in self.sessions.values() if item.running and item.container_id == container_id)

    async def start(self, exec_id: str, *, detach: bool, console_size: tuple[int, int]) -> FakeAttachment | None:
        await self.may_start.wait()
        if self.failure:
            self.sessions[exec_id] = replace(self.sessions[exec_id], exit_code=127)
            raise self.failure
        self.sessions[exec_id] = replace(self.sessions[exec_id], running=True)
        self.sizes.append(console_size)
        return None if detach else self.attachment

    async def resize(self, exec_id: str, height: int, width: int) -> None:
        self.find(exec_id)
        self.sizes.append((height, width))


class HistoryEntry(Struct, frozen=True, kw_only=True):
    id: str
    created: int
    created_by: str
    tags: tuple[str, ...] = ()
    size: int = 0
    comment: str = ""


class Removal(Struct, frozen=True, kw_only=True):
    untagged: str = ""
    deleted: str = ""


class FakeImages:
    def __init__(self) -> None:
        self.images = {IMAGE.id: IMAGE}
        self.tags = {IMAGE.id: [BUSYBOX]}
        self.asked: dict[str, object] = {}

    def find(self, ref: str) -> Image:
        for image_id, image in self.images.items():
            if image_id.removeprefix("sha256:").startswith(ref.removeprefix("sha256:")):
                return image
        wanted = Reference.parse(ref).with_default_tag()
        for image_id, names in self.tags.items():
            if wanted in names:
                return self.images[image_id]
        raise NoSuchImage(wanted.familiar)

    def all(self) -> tuple[Image, ...]:
        return tuple(self.images.values())

    def names(self, image_id: str) -> tuple[Reference, ...]:
        return tuple(self.tags.get(image_id, ()))

    def containers(self, image: Image) -> tuple[Container, ...]:
        return tuple(container for container in (RUNNING,) if container.image_id == image.id)

    def layers(self, image: Image) -> tuple[Layer, ...]:
        return (Layer(chain_id=image.diff_ids[0], diff_id=image.diff_ids[0], directory="l1", size=image.size),)

    def history(self, ref: str) -> tuple[HistoryEntry, ...]:
        image = self.find(ref)
        return (
            HistoryEntry(id=image.id, created=5, created_by="CMD sh", tags=("busybox:latest",)),
            HistoryEntry(id="<missing>", created=4, created_by="ADD x", size=9),
        )

    async def tag(self, ref: str, target: Reference) -> None:
        self.tags[self.find(ref).id].append(target)

    async def remove(self, ref: str, *, force: bool = False, prune: bool = True) -> tuple[Removal, ...]:
        image = self.find(ref)
        self.asked = {"force": force, "prune": prune}
        return Removal(untagged=Reference.parse(ref).with_default_tag().familiar), Removal(deleted=image.id)

    async def prune(self, *, dangling: bool, until: int, labels: tuple[str, ...]) -> tuple[tuple[Removal, ...], int]:
        self.asked = {"dangling": dangling, "until": until, "labels": labels}
        return (Removal(deleted="sha256:old"),), 10


class FakeTransfer:
    """Tells ``progress``, then raises ``failure`` if there is one, or goes on for ever if ``endless``."""

    def __init__(self) -> None:
        self.endless = False
        self.stopped = asyncio.Event()
        self.progress: list[Progress] = []
        self.failure: Exception | None = None
        self.asked: dict[str, object] = {}

    def pull(
        self, reference: Reference, *, credentials: Credentials | None, platform: Platform | None
    ) -> AsyncIterator[Progress]:
        self.asked = {"one": reference.familiar, "credentials": credentials, "platform": platform}
        return self._tell()

    def pull_all(
        self, reference: Reference, *, credentials: Credentials | None, platform: Platform | None
    ) -> AsyncIterator[Progress]:
        self.asked = {"all": reference.familiar, "credentials": credentials, "platform": platform}
        return self._tell()

    def push(self, reference: Reference, *, credentials: Credentials | None) -> AsyncIterator[Progress]:
        self.asked = {"push": reference.familiar, "credentials": credentials}
        return self._tell()

    async def _tell(self) -> AsyncIterator[Progress]:
        try:
            for item in itertools.cycle(self.progress) if self.endless else self.progress:
                yield item
            if self.failure:
                raise self.failure
        finally:
            self.stopped.set()


class FakeArchives:
    """Archives of the names asked for; what is loaded or imported is kept in ``received``."""

    def __init__(self) -> None:
        self.received = b""
        self.failure: Exception | None = None
        self.asked: dict[str, object] = {}

    async def save(self, refs: tuple[str, ...]) -> AsyncIterator[bytes]:
        if self.failure:
            raise self.failure
        for ref in refs:
            yield f"<{ref}>".encode()

    async def load(self, chunks: AsyncIterator[bytes], *, quiet: bool) -> AsyncIterator[Progress]:
        self.asked = {"quiet": quiet}
        async for chunk in chunks:
            self.received += chunk
        if self.failure:
            raise self.failure
        yield Progress(stream="Loaded image: busybox:latest\n")

    async def import_tar(
        self,
        chunks: AsyncIterator[bytes] | None,
        *,
        source: str,
        target: Reference | None,
        message: str,
        changes: tuple[str, ...],
        platform: Platform | None,
    ) -> AsyncIterator[Progress]:
        self.asked = {
            "source": source, "target": target and target.familiar, "message": message,
            "changes": changes, "platform": platform,
        }  # fmt: skip
        self.received = b"".join([chunk async for chunk in chunks]) if chunks else b""
        yield Progress(status="sha256:imported")

    async def export(self, container_id: str) -> AsyncIterator[bytes]:
        yield f"tree of {container_id[:6]}".encode()


class FakeVolumes:
    def __init__(self, *volumes: Volume) -> None:
        self.table = {volume.name: volume for volume in volumes}
        self.used: dict[str, tuple[str, ...]] = {}
        self.asked: dict[str, object] = {}

    def find(self, name: str) -> Volume:
        if name not in self.table:
            raise NoSuchVolume(name)
        return self.table[name]

    def all(self) -> tuple[Volume, ...]:
        return tuple(self.table.values())

    async def create(
        self,
        name: str,
        *,
        driver: str = "local",
        options: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        anonymous: bool = False,
    ) -> Volume:
        volume = Volume(
            name=name or "f" * 64, driver=driver, options=options or {}, labels=labels or {},
            anonymous=anonymous, created=NOW,
        )  # fmt: skip
        return self.table.setdefault(volume.name, volume)

    async def remove(self, name: str, *, force: bool = False) -> None:
        if name not in self.table and not force:
            raise NoSuchVolume(name)
        self.table.pop(name, None)

    async def prune(self, *, named: bool = False, labels: tuple[str, ...] = ()) -> tuple[tuple[str, ...], int]:
        self.asked = {"labels": labels, "named": named}
        return tuple(self.table) if named else (), 0

    def path(self, name: str) -> Path:
        return Path("/data/volumes") / name / "_data"

    def users(self, name: str) -> tuple[str, ...]:
        return self.used.get(name, ())

    async def size(self, name: str) -> int:
        return 70


class FakeNetworks:
    def __init__(self, *networks: Network) -> None:
        self.table = {network.id: network for network in networks}
        self.asked: dict[str, object] = {}

    def find(self, ref: str) -> Network:
        for network in self.table.values():
            if ref and (network.name == ref or network.id.startswith(ref)):
                return network
        raise NoSuchNetwork(ref)

    def all(self) -> tuple[Network, ...]:
        return tuple(self.table.values())

    async def create(self, request: NetworkRequest) -> Network:
        network = Network(id="a8" * 32, name=request.name, subnets=request.subnets, internal=request.internal)
        self.table[network.id] = network
        return network

    async def remove(self, ref: str) -> None:
        del self.table[self.find(ref).id]

    async def prune(self, *, until: int = 0, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
        self.asked = {"until": until, "labels": labels}
        return tuple(network.name for network in self.all() if network.name != "bridge")


class FakeEvents:
    """``past`` is told to who asks for it; ``publish`` tells everyone."""

    def __init__(self) -> None:
        self.past: list[Event] = []
        self.bounds: tuple[int, int] = (0, 0)
        self.left = asyncio.Event()
        self._queues: list[asyncio.Queue[Event]] = []

    @property
    def listeners(self) -> int:
        return len(self._queues)

    def publish(self, event: Event) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    def subscribe(self, *, since: int = 0, until: int = 0) -> AsyncIterator[Event]:
        self.bounds = since, until
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.append(queue)
        return self._feed(queue, self.past if since else [], until)

    async def _feed(self, queue: asyncio.Queue[Event], past: Iterable[Event], until: int) -> AsyncIterator[Event]:
        try:
            for event in past:
                yield event
            while not until:
                yield await queue.get()
        finally:
            self._queues.remove(queue)
            self.left.set()


class FakeHost:
    def facts(self) -> HostFacts:
        return FACTS

    def forwarding(self) -> Forwarding:
        return Forwarding(ipv4=True, bridged_ipv4=False, bridged_ipv6=False)


class FakeRuntime:
    infos: tuple[RuntimeInfo, ...] = (
        RuntimeInfo(name="crun", path="/usr/bin/crun", version="1.21", reason="the host mixes cgroup versions"),
        RuntimeInfo(name="runc", path="/usr/sbin/runc", version="1.1.15"),
    )

    def available(self) -> tuple[RuntimeInfo, ...]:
        return self.infos

    def check(self, name: str) -> str:
        return name or "runc"


class FakeClock:
    def now(self) -> int:
        return NOW

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SETTINGS = Settings(
    id="baa0262c",
    version="0.1.0",
    python="3.13.5",
    build_time="2026-08-13T05:35:48.000000000+00:00",
    data_root="/var/lib/wherry",
    monitor=("conmon", "2.1.12"),
    init_path="/usr/bin/tini",
    insecure_registries=("10.0.0.0/8", "registry.local:5000"),
)


class FakeCopying:
    """One file, ``/etc/motd``."""

    def __init__(self) -> None:
        self.unpacked: dict[str, bytes] = {}
        self.options: dict[str, bool] = {}

    async def stat(self, ref: str, path: str) -> PathStat:
        if path != "/etc/motd":
            raise NotFound(f"Could not find the file {path} in container {ref}")
        return PathStat(name="motd", size=3, mode=0o100644, modified=NOW)

    @asynccontextmanager
    async def pack(self, ref: str, path: str) -> AsyncIterator[Packed]:
        yield Packed(stat=await self.stat(ref, path), chunks=_pieces(b"the ", b"archive"))

    async def unpack(self, ref: str, path: str, chunks: AsyncIterator[bytes], **options: bool) -> None:
        self.unpacked[path] = b"".join([chunk async for chunk in chunks])
        self.options = options


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class FakeCommitting:
    """Notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, CommitRequest]] = []

    async def commit(self, ref: str, request: CommitRequest) -> Image:
        self.asked.append((ref, request))
        return IMAGE


class FakeBuilds:
    """Tells ``news``, then raises ``failure`` if there is one; what it was asked and sent is kept."""

    def __init__(self) -> None:
        self.asked: dict[str, object] = {}
        self.received = b""
        self.news: list[BuildNews] = [Progress(stream="Successfully built abc\n")]
        self.failure: Exception | None = None
        self.cache: tuple[CacheUsage, ...] = ()
        self.pruned: Prune | None = None

    async def build(
        self,
        request: BuildRequest,
        source: AsyncIterator[bytes] | str,
        *,
        credentials: Mapping[str, Credentials],
        live: bool,
    ) -> AsyncIterator[BuildNews]:
        self.asked = {"request": request, "credentials": credentials, "live": live}
        self.received = source.encode() if isinstance(source, str) else b"".join([chunk async for chunk in source])
        for news in self.news:
            yield news
        if self.failure:
            raise self.failure

    async def usage(self) -> tuple[CacheUsage, ...]:
        return self.cache

    async def prune(self, asked: Prune) -> tuple[tuple[str, ...], int]:
        self.pruned = asked
        return tuple(usage.entry.key for usage in self.cache), sum(usage.entry.size for usage in self.cache)


class FakeEngine:
    """One running container called ``web``, the image busybox, the network bridge and a volume ``data``."""

    def __init__(self) -> None:
        self.containers = FakeContainers(RUNNING)
        self.execs = FakeExecs(self.containers)
        self.copying = FakeCopying()
        self.committing = FakeCommitting()
        self.builds = FakeBuilds()
        self.images = FakeImages()
        self.transfer = FakeTransfer()
        self.registry = FakeRegistry()
        self.registries = Registries(self.registry)
        self.archives = FakeArchives()
        self.networks = FakeNetworks(BRIDGE)
        self.volumes = FakeVolumes(Volume(name="data", created=NOW))
        self.events = FakeEvents()
        self.system = System(
            settings=SETTINGS,
            containers=cast(Containers, self.containers),
            images=cast(Images, self.images),
            transfer=cast(Transfer, self.transfer),
            registry=cast(Registry, self.registry),
            volumes=cast(Volumes, self.volumes),
            events=cast(Events, self.events),
            host=cast(Host, FakeHost()),
            runtime=cast(Runtime, FakeRuntime()),
            clock=FakeClock(),
        )
