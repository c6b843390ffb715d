"""The runtime port: containers made by an OCI runtime under a monitor.

Below ``<exec-root>``: ``bundles/<id>`` (config.json, the monitor's sockets), ``state/<runtime>/<id>`` (the runtime's
own folder), ``exits/<id>`` (the exit code, left by the monitor).
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from wherry.errors import Conflict, RuntimeFailure
from wherry.kernel import cgroups, identity, processes
from wherry.kernel.cgroups.warmth import CgroupWarmth
from wherry.kernel.mounts import memory_folders
from wherry.kernel.processes import ENVIRONMENT, Child
from wherry.model.launch import ExecLaunch, Exit, Launch, Launched, RuntimeInfo
from wherry.model.process import ProcessId
from wherry.runtime import fifo, filters, makers
from wherry.runtime.binaries import Binaries, Binary, discover
from wherry.runtime.consoles import MonitorConsole, reopen_log, resize
from wherry.runtime.expected import Expected
from wherry.runtime.failures import classify, launching, read_log
from wherry.runtime.filters import Filters
from wherry.runtime.monitor import Monitor, Seat, container_argv, noted_process
from wherry.runtime.sessions import MonitoredSession, PipedSession

_CRUN_CACHE = ".cache"  # where crun keeps compiled seccomp filters, among the states of its containers


class _Linux(msgspec.Struct, rename="camel"):
    cgroups_path: str


class _Config(msgspec.Struct):
    """What we read back of a config.json."""

    linux: _Linux


class OciRuntime:
    """All containers of one engine."""

    def __init__(self, exec_root: Path, binaries: Binaries) -> None:
        self._bundles = exec_root / "bundles"
        self._states = exec_root / "state"
        self._exits = exec_root / "exits"
        self._folders = self._bundles, self._states, self._exits
        for folder in self._folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.ids():
            for folder in self._folders:
                memory_folders.provide(folder)
        self._binaries = binaries
        self._retired: Binaries | None = None
        self._layout = cgroups.probe()
        self._warmth = CgroupWarmth(self._layout, exec_root / "hurried")
        self._monitors: dict[str, Child] = {}
        self._expected = Expected(self._load)
        self._prepared: dict[str, Monitor] = {}
        self._filters = Filters()

    def close(self) -> None:
        if not self.ids():
            for folder in self._folders:
                memory_folders.give_back(folder)
        self._expected.close()
        self._warmth.close()
        self._binaries.close()
        if self._retired is not None:
            self._retired.close()

    def available(self) -> tuple[RuntimeInfo, ...]:
        return self._binaries.infos()

    async def configure(self, runtimes: Mapping[str, str], default: str) -> None:
        """Those of before are good until the next time: what was begun with them ends with them."""
        found = await discover(runtimes, default)
        if self._retired is not None:
            self._retired.close()
        self._retired, self._binaries = self._binaries, found

    def check(self, name: str) -> str:
        return self._binaries.get(name).info.name

    def prepare(self, launch: Launch) -> None:
        seat = self._seat(launch.container_id, self._binaries.get(launch.runtime))
        with launching("create"):
            seat.bundle.mkdir(mode=0o700)
            (self._exits / launch.container_id).unlink(missing_ok=True)
            self._prepared[launch.container_id] = Monitor(container_argv(seat, launch), seat.bundle)

    async def create(self, launch: Launch, runtime_spec: dict[str, Any], seccomp: bytes) -> Launched:
        binary = self._binaries.get(launch.runtime)
        seat = self._seat(launch.container_id, binary)
        with launching("create"):
            config = self._filters.handed if binary.takes_filters else filters.config
            (seat.bundle / "config.json").write_bytes(config(runtime_spec, seccomp))
            self._warmth.begin()
            with closing(self._prepared.pop(launch.container_id)) as monitor:
                child = monitor.child
                pid, message = await monitor.go()
        if pid < 0:
            await child.wait()
            reason = read_log(seat.runtime_log) or message
            await self.delete(launch.container_id, launch.runtime)
            raise classify("create", reason, launch.command)
        self._monitors[launch.container_id] = child
        if binary.takes_filters:
            self._filters.learn(runtime_spec, seccomp, self._state(launch.container_id, binary))
        return Launched(process=identity.identify(pid), monitor=identity.identify(child.pid))

    async def start(self, container_id: str, runtime: str) -> None:
        binary = self._binaries.get(runtime)
        if binary.reads is None:
            await self._execute(binary, "start", container_id)
        else:
            await fifo.release(self._state(container_id, binary), reads=binary.reads)

    def started(self, container_id: str, runtime: str) -> bool:
        return not fifo.waiting(self._state(container_id, self._binaries.get(runtime)))

    async def join(self, container_id: str) -> MonitorConsole:
        try:
            console = MonitorConsole(self._bundles / container_id)
        except OSError as error:
            raise Conflict(f"container {container_id} has no monitor to attach to") from error
        console.empty_after(self.process(container_id))
        return console

    async def resize(self, container_id: str, height: int, width: int) -> None:
        resize(self._bundles / container_id, height, width)

    async def reopen_log(self, container_id: str) -> None:
        reopen_log(self._bundles / container_id)

    async def exited(self, container_id: str, launched: Launched) -> Exit | None:
        child = self._monitors.get(container_id)
        if child is not None:
            await child.wait()
            self._monitors.pop(container_id, None)
        else:
            await identity.exited(launched.monitor)
        return self.recorded_exit(container_id)

    def recorded_exit(self, container_id: str) -> Exit | None:
        path = self._exits / container_id
        try:
            text = path.read_text()
            finished_at = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if not text:
            return None  # the monitor died while it wrote
        oom_killed = (self._bundles / container_id / "oom").exists()
        return Exit(code=int(text), finished_at=finished_at, oom_killed=oom_killed)

    async def delete(self, container_id: str, runtime: str) -> None:
        if container_id in self._prepared:
            await self._prepared.pop(container_id).give_up()
        binary = self._binaries.get(runtime)
        await makers.end(self._seat(container_id, binary), container_id)
        state = self._state(container_id, binary)
        if state.exists() and not self._delete_ended(container_id, state):
            await self._execute(binary, "delete", "--force", container_id)
        await self._expected.leave(container_id)
        bundle = self._bundles / container_id
        if bundle.exists():
            shutil.rmtree(bundle)
        self._monitors.pop(container_id, None)

    async def forget(self, container_id: str) -> None:
        (self._exits / container_id).unlink(missing_ok=True)

    def _delete_ended(self, container_id: str, state: Path) -> bool:
        """Do what the runtime's ``delete`` does, in a fifth of its time, for a container without any process left."""
        try:
            group = self._group(container_id)
        except FileNotFoundError:
            return False
        if self.process(container_id) or cgroups.processes(self._layout, group):
            return False
        cgroups.remove(self._layout, group)
        shutil.rmtree(state)
        return True

    def expect(self, launch: ExecLaunch) -> None:
        if launch.piped:
            self._expected.expect(launch)
            self._warmth.begin()

    async def exec(self, launch: ExecLaunch, process: bytes) -> MonitoredSession | PipedSession:
        session = self._expected.take(launch)
        if not launch.piped:
            self._warmth.begin()
            with launching("exec"):
                return await MonitoredSession.open(self._exec_seat(launch), launch, process)
        session = session or self._load(launch)
        with launching("exec"):
            session.begin(process, launch.command)
        self._warmth.begin()
        self._expected.follow(launch, session)
        return session

    def _load(self, launch: ExecLaunch) -> PipedSession:
        with launching("exec"):
            return PipedSession.open(self._exec_seat(launch), launch)

    async def pause(self, container_id: str, runtime: str) -> None:
        await self._execute(self._binaries.get(runtime), "pause", container_id)

    async def resume(self, container_id: str, runtime: str) -> None:
        await self._execute(self._binaries.get(runtime), "resume", container_id)

    async def update(self, container_id: str, runtime: str, limits: bytes) -> None:
        """Give a container other limits. That of processes is taken away here, since crun 1.8 fails to."""
        resources = msgspec.json.decode(limits)
        unlimited = resources.get("pids") == {"limit": -1}
        if unlimited:
            del resources["pids"]
        told = msgspec.json.encode(resources)
        await self._execute(self._binaries.get(runtime), "update", "--resources", "-", container_id, stdin=told)
        if unlimited:
            (cgroups.directory(self._layout, "pids", self._group(container_id)) / "pids.max").write_text("max")

    def ids(self) -> tuple[str, ...]:
        states = (entry for root in self._states.iterdir() for entry in os.listdir(root) if entry != _CRUN_CACHE)
        return tuple(sorted({*os.listdir(self._bundles), *states, *os.listdir(self._exits)}))

    def process(self, container_id: str) -> ProcessId | None:
        return noted_process(self._bundles / container_id / "pidfile")

    def monitor(self, container_id: str) -> ProcessId | None:
        process = self.process(container_id)
        parent = identity.parent(process) if process else None
        return parent if parent and identity.name(parent) == "conmon" else None

    def _group(self, container_id: str) -> str:
        config = msgspec.json.decode((self._bundles / container_id / "config.json").read_bytes(), type=_Config)
        return config.linux.cgroups_path

    async def _execute(self, binary: Binary, *arguments: str, stdin: bytes = b"") -> None:
        argv = [binary.info.name, f"--root={self._state_root(binary)}", *arguments]
        answer = await processes.run(argv, env=ENVIRONMENT, executable=binary.command, stdin=stdin)
        if answer.code:
            text = answer.stderr.decode(errors="replace").strip()
            raise RuntimeFailure(f"OCI runtime {arguments[0]} failed: {text}")

    def _state_root(self, binary: Binary) -> Path:
        """Made by the runtime when it needs it."""
        return self._states / binary.info.name

    def _state(self, container_id: str, binary: Binary) -> Path:
        return self._state_root(binary) / container_id

    def _exec_seat(self, launch: ExecLaunch) -> Seat:
        binary = self._binaries.get(launch.runtime)
        folder = self._bundles / launch.container_id / f"exec-{os.urandom(8).hex()}"
        try:
            folder.mkdir(mode=0o700)
        except FileNotFoundError as error:
            raise Conflict(f"container {launch.container_id} is not running") from error
        return Seat(runtime=binary.command, state_root=self._state_root(binary), bundle=folder, exits=folder)

    def _seat(self, container_id: str, binary: Binary) -> Seat:
        return Seat(
            runtime=binary.command,
            state_root=self._state_root(binary),
            bundle=self._bundles / container_id,
            exits=self._exits,
        )
