"""The OCI runtime and its monitor."""

from collections.abc import Mapping
from typing import Any, Protocol

from wherry.model.launch import ExecLaunch, Exit, Launch, Launched, RuntimeInfo
from wherry.model.process import ProcessId


class Console(Protocol):
    """The standard streams of a container or of an exec session, joined once by the hub."""

    async def read(self) -> tuple[int, bytes]:
        """(1 stdout or 2 stderr, bytes); (0, b"") at the end. Not reading holds the writer up."""
        ...

    async def write(self, data: bytes) -> None:
        """To stdin; waits while the reader is slow."""
        ...

    async def close_stdin(self) -> None: ...

    async def resize(self, height: int, width: int) -> None: ...

    def close(self) -> None: ...


class ExecSession(Protocol):
    @property
    def process(self) -> ProcessId | None:
        """The command's process on the host, None before it has one and after it ended."""
        ...

    @property
    def console(self) -> Console: ...

    async def wait(self) -> int:
        """Exit code; 128 + n if signal n ended it. Raises what ``Runtime.create`` raises if it could not run."""
        ...


class Runtime(Protocol):
    """The OCI runtimes behind their monitor. Raises CommandNotFound, CommandNotInvokable, RuntimeFailure."""

    def available(self) -> tuple[RuntimeInfo, ...]: ...

    async def configure(self, runtimes: Mapping[str, str], default: str) -> None:
        """Other runtimes (paths by name) besides the builtin ones, and another default, from now on. InvalidArgument,
        NotSupported; nothing changes then."""
        ...

    def check(self, name: str) -> str:
        """The name of a runtime that can be used ("" means the default). InvalidArgument, NotSupported."""
        ...

    def prepare(self, launch: Launch) -> None:
        """Bundle and monitor, which loads meanwhile and waits for ``create``. ``delete`` undoes it."""
        ...

    async def create(self, launch: Launch, runtime_spec: dict[str, Any], seccomp: bytes) -> Launched:
        """Have what was prepared make the container: the process waits, its console can be joined. ``runtime_spec``
        is OCI's config.json but for the section ``seccomp``, which comes encoded (b"" for none). A failure leaves
        nothing."""
        ...

    async def start(self, container_id: str, runtime: str) -> None: ...

    async def join(self, container_id: str) -> Console:
        """Join the monitor's streams: before ``start``, so that nothing is missed."""
        ...

    async def resize(self, container_id: str, height: int, width: int) -> None: ...

    async def reopen_log(self, container_id: str) -> None:
        """Have the monitor go on in a new log file of the old name. One that has gone does nothing."""
        ...

    async def exited(self, container_id: str, launched: Launched) -> Exit | None:
        """Wait for the end. None if the monitor vanished and left no code: the process may live on."""
        ...

    def recorded_exit(self, container_id: str) -> Exit | None:
        """The code that a monitor left, without waiting."""
        ...

    def process(self, container_id: str) -> ProcessId | None:
        """The init that the monitor noted, if it lives: known even where ``create`` was never answered."""
        ...

    def monitor(self, container_id: str) -> ProcessId | None:
        """The monitor of a container by its own note, if it lives."""
        ...

    def started(self, container_id: str, runtime: str) -> bool:
        """Whether ``start`` took place: the created process was let go."""
        ...

    async def delete(self, container_id: str, runtime: str) -> None:
        """Kill what is left, remove cgroup, runtime state and bundle; idempotent. The recorded exit stays."""
        ...

    async def forget(self, container_id: str) -> None:
        """Remove the recorded exit: who asks for it has it elsewhere now. Idempotent."""
        ...

    def expect(self, launch: ExecLaunch) -> None:
        """Have a runtime ready for a session that is likely to be started at once; it is given up when it is not.
        Raises what ``create`` raises."""
        ...

    async def exec(self, launch: ExecLaunch, process: bytes) -> ExecSession:
        """Run a command; ``process`` is its OCI process object, encoded."""
        ...

    async def pause(self, container_id: str, runtime: str) -> None: ...

    async def resume(self, container_id: str, runtime: str) -> None: ...

    async def update(self, container_id: str, runtime: str, limits: bytes) -> None:
        """Change the limits of a container that runs: a ``linux.resources`` section, encoded."""
        ...

    def ids(self) -> tuple[str, ...]:
        """Containers that have a bundle, runtime state or a recorded exit, for the sweep."""
        ...
