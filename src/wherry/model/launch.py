"""What the runtime and the monitor are asked for, and what they tell."""

from pathlib import Path

from msgspec import Struct

from wherry.model.process import ProcessId


class Launch(Struct, frozen=True, kw_only=True):
    """What the monitor needs, and the runtime besides its config.json; ``command`` is what it is to run, for
    complaints. A log that grows beyond ``log_size`` bytes (0: never) is thrown away, and begun again.
    ``remapped``: root is another on the host."""

    container_id: str
    name: str
    runtime: str
    command: str
    log: Path
    log_driver: str
    log_size: int = 0
    log_tag: str = ""
    tty: bool = False
    open_stdin: bool = False
    keep_stdin_open: bool = False
    remapped: bool = False


class Launched(Struct, frozen=True, kw_only=True):
    process: ProcessId
    monitor: ProcessId


class Exit(Struct, frozen=True, kw_only=True):
    """How a container ended. ``finished_at`` in ns since the epoch; ``oom_killed`` if the OOM killer did it."""

    code: int
    finished_at: int
    oom_killed: bool = False


class ExecLaunch(Struct, frozen=True, kw_only=True):
    """What the runtime needs of a session besides the process object; ``command`` is what it is to run, for complaints;
    ``attached`` says that somebody takes its output, ``init`` is the container's first process. ``oom_score_adj`` is
    None where it is to be the engine's own. ``remapped``: root is another on the host."""

    exec_id: str
    container_id: str
    runtime: str
    command: str
    tty: bool
    stdin: bool
    attached: bool
    init: ProcessId | None = None
    oom_score_adj: int | None = None
    remapped: bool = False

    @property
    def piped(self) -> bool:
        """Whether it needs no monitor: somebody listens, and by pipes."""
        return self.attached and not self.tty


class RuntimeInfo(Struct, frozen=True, kw_only=True):
    """A registered runtime; ``reason`` says why it was not chosen, "" if it can be used."""

    name: str
    path: str
    version: str
    reason: str = ""
