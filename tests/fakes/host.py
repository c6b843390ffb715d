"""A host in memory: mounts, processes, the runtime, time and chance."""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes.facts import FACTS
from wherry.errors import Conflict, RuntimeFailure, WherryError
from wherry.model.container import Container
from wherry.model.device import DeviceNode
from wherry.model.host import Forwarding, HostFacts
from wherry.model.launch import ExecLaunch, Exit, Launch, Launched, RuntimeInfo
from wherry.model.mount import DeviceMount, OverlayMount, View, Viewed
from wherry.model.process import ProcessId
from wherry.model.remapping import Owner, Remapping
from wherry.model.usage import CpuUsage, MemoryUsage, PidsUsage, Usage


class FakeClock:
    """Sleep takes no time, unless the clock is told to ``stand_still``: then it never ends."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000_000
        self._set_back = 0
        self._stands_still = False

    def stand_still(self) -> None:
        self._stands_still = True

    def now(self) -> int:
        self.time += 1_000_000
        return self.time

    def monotonic(self) -> int:
        return self.time + self._set_back

    def set_back(self, seconds: int) -> None:
        """As an administrator may do, at any time."""
        self.time -= seconds * 1_000_000_000
        self._set_back += seconds * 1_000_000_000

    async def sleep(self, seconds: float) -> None:
        if self._stands_still:
            await asyncio.Event().wait()
        self.time += int(seconds * 1e9)
        await asyncio.sleep(0)


class FakeChance:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return f"{next(self._numbers):063x}a"[::-1]

    def new_name(self, attempt: int) -> str:
        return f"name_{attempt}"

    def shuffled(self, items: Iterable[str]) -> list[str]:
        return list(items)


class FakeUserNamespaces:
    def __init__(self) -> None:
        self.pinned: dict[str, Remapping] = {}

    async def create(self, path: str, remapping: Remapping) -> None:
        self.pinned[path] = remapping

    def remove(self, path: str) -> None:
        self.pinned.pop(path, None)

    def all(self) -> tuple[str, ...]:
        return tuple(self.pinned)


class FakeMounts:
    def __init__(self) -> None:
        self.mounted: dict[str, OverlayMount] = {}
        self.devices: dict[str, DeviceMount] = {}
        self.memory: dict[str, int] = {}
        self.parts: dict[str, str] = {}
        self.views: list[View] = []

    async def overlay(self, mount: OverlayMount) -> None:
        assert mount.target not in self.mounted, "mounted twice"
        self.mounted[mount.target] = mount

    async def device(self, mount: DeviceMount) -> None:
        assert mount.target not in self.devices, "mounted twice"
        self.devices[mount.target] = mount

    async def unmount(self, target: str) -> None:
        self.mounted.pop(target, None)
        self.devices.pop(target, None)

    @asynccontextmanager
    async def view(self, view: View) -> AsyncIterator[Viewed]:
        self.views.append(view)
        yield Viewed(root=view.root, namespace="/proc/1/ns/mnt")

    async def part(self, source: str, subpath: str, target: str, *, recursive: bool) -> None:
        self.parts[target] = f"{source}/{subpath}"

    def remove_part(self, target: str) -> None:
        self.parts.pop(target, None)

    def shared_memory(self, target: str, size: int, owner: Owner) -> None:
        self.memory[target] = size

    def remove_shared_memory(self, target: str) -> None:
        self.memory.pop(target, None)

    async def share(self, folder: str) -> None:
        self.parts[folder] = folder

    async def unshare(self, folder: str) -> None:
        self.parts.pop(folder, None)

    def targets(self) -> tuple[str, ...]:
        return (*self.mounted, *self.devices, *self.parts)


class FakeHost:
    """Processes are those of the fake runtime."""

    def __init__(self, runtime: "FakeRuntime") -> None:
        self._runtime = runtime
        self.signals: list[tuple[int, int]] = []
        self.sampled = 0

    def facts(self) -> HostFacts:
        return FACTS

    def forwarding(self) -> Forwarding:
        return Forwarding(ipv4=True, bridged_ipv4=False, bridged_ipv6=False)

    def alive(self, process: ProcessId) -> bool:
        return process.pid in self._runtime.living

    async def signal(self, process: ProcessId, signal: int) -> bool:
        if not self.alive(process):
            return False
        self.signals.append((process.pid, signal))
        if signal == 9 or signal not in self._runtime.ignored:
            await self._runtime.end(process.pid, 128 + signal)
        return True

    async def processes(
        self, container: Container, ps_args: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        return ("PID", "CMD"), (("1", container.argv[0]),)

    async def usage(self, container: Container) -> Usage:
        if container.id not in self._runtime.bundles:
            raise FileNotFoundError(container.id)
        self.sampled += 1
        return Usage(
            cpu=CpuUsage(total=self.sampled * 1000),
            memory=MemoryUsage(usage=4096),
            pids=PidsUsage(current=1),
            block_bytes=(),
            block_operations=(),
        )

    def cpu_time(self) -> int:
        return self.sampled * 10_000

    def hosts(self) -> str:
        return "127.0.0.1 localhost vm\n"

    def resolv_conf(self) -> str:
        return "nameserver 192.0.2.53\n"


class FakeConsole:
    """``output`` is what there is to read, before the end."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self.written = b""
        self.output: deque[bytes] = deque()
        self.read_to_end = asyncio.Event()

    async def read(self) -> tuple[int, bytes]:
        if self.output:
            return 1, self.output.popleft()
        self.read_to_end.set()
        await self._ended.wait()
        return 0, b""

    async def write(self, data: bytes) -> None:
        self.written += data

    async def close_stdin(self) -> None:
        self.written += b"<eof>"

    async def resize(self, height: int, width: int) -> None:
        self.written += f"<{height}x{width}>".encode()

    def close(self) -> None:
        self._ended.set()


class FakeRuntime:
    """Containers as dictionaries. ``living`` maps pid to container id; ``ignored`` are signals that end nothing.

    ``refusal`` is what ``create`` and ``update`` raise, ``limits`` what ``update`` was told; ``monitors_are_gone`` that
    none can be joined; ``commands_say`` is the output of exec sessions, ``commands_end`` their exit code.
    """

    def __init__(self) -> None:
        self.bundles: dict[str, Launch] = {}
        self.launched: dict[str, Launched] = {}
        self.running: set[str] = set()
        self.living: dict[int, str] = {}
        self.exits: dict[str, Exit] = {}
        self.ignored: set[int] = set()
        self.refusal: WherryError | None = None
        self.limits: dict[str, bytes] = {}
        self.reopened: list[str] = []
        self.monitors_are_gone = False
        self.joined: dict[str, FakeConsole] = {}
        self.sessions: dict[str, FakeSession] = {}
        self.commands_say: tuple[bytes, ...] = ()
        self.commands_end = 0
        self.expected: list[str] = []
        self.prepared: set[str] = set()
        self.specs: dict[str, dict[str, Any]] = {}
        self._pids = itertools.count(100)
        self._ended = asyncio.Condition()

    async def gone(self, pid: int) -> None:
        async with self._ended:
            await self._ended.wait_for(lambda: pid not in self.living)

    def available(self) -> tuple[RuntimeInfo, ...]:
        return (RuntimeInfo(name="crun", path="/usr/bin/crun", version="1.21"),)

    def check(self, name: str) -> str:
        return name or "crun"

    def prepare(self, launch: Launch) -> None:
        self.prepared.add(launch.container_id)

    async def create(self, launch: Launch, runtime_spec: dict[str, Any], seccomp: bytes) -> Launched:
        self.prepared.remove(launch.container_id)
        self.exits.pop(launch.container_id, None)
        if self.refusal:
            raise self.refusal
        if launch.container_id in self.bundles:
            raise RuntimeFailure("container exists")
        process, monitor = (ProcessId(pid=next(self._pids), start_time=1, boot_id="boot") for _ in range(2))
        launched = Launched(process=process, monitor=monitor)
        self.bundles[launch.container_id] = launch
        self.specs[launch.container_id] = runtime_spec
        self.launched[launch.container_id] = launched
        self.living |= {process.pid: launch.container_id, monitor.pid: launch.container_id}
        return launched

    async def start(self, container_id: str, runtime: str) -> None:
        self.running.add(container_id)

    async def join(self, container_id: str) -> FakeConsole:
        if self.monitors_are_gone:
            raise Conflict(f"container {container_id} has no monitor to attach to")
        self.joined[container_id] = FakeConsole()
        return self.joined[container_id]

    async def resize(self, container_id: str, height: int, width: int) -> None:
        await self.joined[container_id].resize(height, width)

    async def reopen_log(self, container_id: str) -> None:
        self.reopened.append(container_id)

    async def exited(self, container_id: str, launched: Launched) -> Exit | None:
        await self.gone(launched.process.pid)
        return self.exits.get(container_id)

    def recorded_exit(self, container_id: str) -> Exit | None:
        return self.exits.get(container_id)

    def process(self, container_id: str) -> ProcessId | None:
        launched = self.launched.get(container_id)
        return launched.process if launched and launched.process.pid in self.living else None

    def monitor(self, container_id: str) -> ProcessId | None:
        launched = self.launched.get(container_id)
        return launched.monitor if launched and launched.monitor.pid in self.living else None

    def started(self, container_id: str, runtime: str) -> bool:
        return container_id in self.running

    async def delete(self, container_id: str, runtime: str) -> None:
        self.prepared.discard(container_id)
        launched = self.launched.pop(container_id, None)
        if launched:
            await self._die(launched)
        self.bundles.pop(container_id, None)
        self.running.discard(container_id)
        self._close_console(container_id)

    async def forget(self, container_id: str) -> None:
        self.exits.pop(container_id, None)

    def expect(self, launch: ExecLaunch) -> None:
        self.expected.append(launch.exec_id)

    async def exec(self, launch: ExecLaunch, process: bytes) -> "FakeSession":
        session = self.sessions[launch.exec_id] = FakeSession(self.commands_say, self.commands_end)
        return session

    async def pause(self, container_id: str, runtime: str) -> None:
        self.running.discard(container_id)

    async def resume(self, container_id: str, runtime: str) -> None:
        self.running.add(container_id)

    async def update(self, container_id: str, runtime: str, limits: bytes) -> None:
        if self.refusal:
            raise self.refusal
        self.limits[container_id] = limits

    def ids(self) -> tuple[str, ...]:
        return tuple({*self.bundles, *self.exits})

    async def end(self, pid: int, code: int) -> None:
        """A container's process ends, and its monitor leaves the code."""
        container_id = self.living[pid]
        self.exits[container_id] = Exit(code=code, finished_at=1_700_000_000_000_000_000)
        self._close_console(container_id)
        await self._die(self.launched[container_id])

    async def _die(self, launched: Launched) -> None:
        self.living.pop(launched.process.pid, None)
        self.living.pop(launched.monitor.pid, None)
        async with self._ended:
            self._ended.notify_all()

    def _close_console(self, container_id: str) -> None:
        console = self.joined.pop(container_id, None)
        if console:
            console.close()


class FakeSession:
    process: ProcessId | None = ProcessId(pid=77, start_time=1, boot_id="b007")

    def __init__(self, output: tuple[bytes, ...], code: int) -> None:
        self._code = code
        self.console = FakeConsole()
        self.console.output.extend(output)

    async def wait(self) -> int:
        """It ends when all that it says was read, as one does that writes into a pipe."""
        await self.console.read_to_end.wait()
        self.console.close()
        return self._code


class FakeRootFiles:
    """``made`` has the directories that were made."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    async def read_text(self, root: str, path: str) -> str:
        return ""

    async def make_directory(self, root: str, path: str, uid: int, gid: int) -> None:
        self.made.add(path)

    async def leads_to(self, root: str, path: str) -> str:
        return path


class FakeDevices:
    async def find(self, path: str) -> tuple[DeviceNode, ...]:
        return ()

    def all(self) -> tuple[DeviceNode, ...]:
        return ()

    def init_path(self) -> str:
        return "/usr/bin/tini"
