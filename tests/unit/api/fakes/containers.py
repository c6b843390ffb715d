"""Containers in memory, and sessions in them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

from msgspec import Struct
from msgspec.structs import replace
from tests.unit.api.fakes.streams import FakeAttachment
from tests.unit.api.samples import IMAGE, NOW, PATHS, SamplePaths

from wherry.errors import (
    Conflict,
    InvalidArgument,
    NameInUse,
    NoSuchContainer,
    NoSuchExec,
    NoSuchImage,
)
from wherry.model.container import Container, ContainerSpec, Status
from wherry.model.exec import Exec, ExecSpec
from wherry.model.launch import Exit
from wherry.model.log import LogLine, LogRange
from wherry.store.logs.format import frames


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
        self.waited = asyncio.Event()

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
        self.waited.set()
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

    async def log_frames(self, ref: str, which: LogRange, *, joined: bool) -> AsyncIterator[bytes]:
        self.ranges.append(which)
        yield frames(self.lines, joined=joined)

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
