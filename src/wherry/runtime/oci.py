"""The runtime port: containers made by an OCI runtime under a monitor."""

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from wherry.errors import Conflict, RuntimeFailure
from wherry.kernel import cgroups, identity, processes
from wherry.kernel.cgroups.warmth import CgroupWarmth
from wherry.kernel.processes import ENVIRONMENT, Child
from wherry.model.launch import ExecLaunch, Exit, Launch, Launched, RuntimeInfo
from wherry.model.process import ProcessId
from wherry.runtime import fifo, filters, makers
from wherry.runtime.binaries import Binaries, Binary, discover
from wherry.runtime.consoles import MonitorConsole, reopen_log, resize
from wherry.runtime.expected import Expected
from wherry.runtime.failures import classify, launching, read_log
from wherry.runtime.filters import Filters
from wherry.runtime.folders import Folders
from wherry.runtime.monitor import Monitor, Seat, container_argv
from wherry.runtime.sessions import MonitoredSession, PipedSession


class OciRuntime:
    """All containers of one engine."""

    def __init__(self, exec_root: Path, binaries: Binaries) -> None:
        self._folders = Folders(exec_root)
        self._binaries = binaries
        self._retired: Binaries | None = None
        self._layout = cgroups.probe()
        self._warmth = CgroupWarmth(self._layout, exec_root / "hurried")
        self._monitors: dict[str, Child] = {}
        self._expected = Expected(self._load)
        self._prepared: dict[str, Monitor] = {}
        self._filters = Filters()

    def close(self) -> None:
        self._folders.close()
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
        seat = self._folders.seat(launch.container_id, self._binaries.get(launch.runtime))
        with launching("create"):
            seat.bundle.mkdir(mode=0o700)
            self._folders.remove_exit(launch.container_id)
            self._prepared[launch.container_id] = Monitor(container_argv(seat, launch), seat.bundle)

    async def create(self, launch: Launch, runtime_spec: dict[str, Any], seccomp: bytes) -> Launched:
        binary = self._binaries.get(launch.runtime)
        seat = self._folders.seat(launch.container_id, binary)
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
            self._filters.learn(runtime_spec, seccomp, self._folders.state(launch.container_id, binary))
        return Launched(process=identity.identify(pid), monitor=identity.identify(child.pid))

    async def start(self, container_id: str, runtime: str) -> None:
        binary = self._binaries.get(runtime)
        if binary.reads is None:
            await self._execute(binary, "start", container_id)
        else:
            await fifo.release(self._folders.state(container_id, binary), reads=binary.reads)

    def started(self, container_id: str, runtime: str) -> bool:
        return not fifo.waiting(self._folders.state(container_id, self._binaries.get(runtime)))

    async def join(self, container_id: str) -> MonitorConsole:
        try:
            console = MonitorConsole(self._folders.bundle(container_id))
        except OSError as error:
            raise Conflict(f"container {container_id} has no monitor to attach to") from error
        console.empty_after(self.process(container_id))
        return console

    async def resize(self, container_id: str, height: int, width: int) -> None:
        resize(self._folders.bundle(container_id), height, width)

    async def reopen_log(self, container_id: str) -> None:
        reopen_log(self._folders.bundle(container_id))

    async def exited(self, container_id: str, launched: Launched) -> Exit | None:
        child = self._monitors.get(container_id)
        if child is not None:
            await child.wait()
            self._monitors.pop(container_id, None)
        else:
            await identity.exited(launched.monitor)
        return self.recorded_exit(container_id)

    def recorded_exit(self, container_id: str) -> Exit | None:
        return self._folders.exit(container_id)

    async def delete(self, container_id: str, runtime: str) -> None:
        if container_id in self._prepared:
            await self._prepared.pop(container_id).give_up()
        binary = self._binaries.get(runtime)
        await makers.end(self._folders.seat(container_id, binary), container_id)
        state = self._folders.state(container_id, binary)
        if state.exists() and not self._delete_ended(container_id, state):
            await self._execute(binary, "delete", "--force", container_id)
        await self._expected.leave(container_id)
        self._folders.remove_bundle(container_id)
        self._monitors.pop(container_id, None)

    async def forget(self, container_id: str) -> None:
        self._folders.remove_exit(container_id)

    def _delete_ended(self, container_id: str, state: Path) -> bool:
        """Do what the runtime's ``delete`` does, in a fifth of its time, for a container without any process left."""
        try:
            group = self._folders.group(container_id)
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
            (cgroups.directory(self._layout, "pids", self._folders.group(container_id)) / "pids.max").write_text("max")

    def ids(self) -> tuple[str, ...]:
        return self._folders.ids()

    def process(self, container_id: str) -> ProcessId | None:
        return self._folders.process(container_id)

    def monitor(self, container_id: str) -> ProcessId | None:
        return self._folders.monitor(container_id)

    async def _execute(self, binary: Binary, *arguments: str, stdin: bytes = b"") -> None:
        argv = [binary.info.name, f"--root={self._folders.state_root(binary)}", *arguments]
        answer = await processes.run(argv, env=ENVIRONMENT, executable=binary.command, stdin=stdin)
        if answer.code:
            text = answer.stderr.decode(errors="replace").strip()
            raise RuntimeFailure(f"OCI runtime {arguments[0]} failed: {text}")

    def _exec_seat(self, launch: ExecLaunch) -> Seat:
        return self._folders.exec_seat(launch.container_id, self._binaries.get(launch.runtime))
