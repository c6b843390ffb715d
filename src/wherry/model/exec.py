"""Commands run inside a running container."""

from msgspec import Struct

from wherry.model.process import ProcessId


class ExecSpec(Struct, frozen=True, kw_only=True):
    """What to run. ``console_size`` is (height, width), (0, 0) for the default."""

    command: tuple[str, ...]
    env: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    tty: bool = False
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    privileged: bool = False
    detach_keys: str = ""
    console_size: tuple[int, int] = (0, 0)


class Exec(Struct, frozen=True, kw_only=True):
    """An exec session: never stored, gone with the daemon. ``exit_code`` is None until it ended, ``failure`` says why
    its command never ran."""

    id: str
    container_id: str
    spec: ExecSpec
    running: bool = False
    exit_code: int | None = None
    failure: str = ""
    process: ProcessId | None = None
