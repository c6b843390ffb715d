"""Exec sessions as Docker's API tells them."""

from msgspec import UNSET, Struct, UnsetType, field


class ExecCreateRequest(Struct, kw_only=True, rename="pascal"):
    """``console_size`` is height and width."""

    user: str | None = None
    privileged: bool | None = None
    tty: bool | None = None
    console_size: list[int] | None = None
    attach_stdin: bool | None = None
    attach_stdout: bool | None = None
    attach_stderr: bool | None = None
    detach_keys: str | None = None
    env: list[str] | None = None
    working_dir: str | None = None
    cmd: list[str] | str | None = None


class ExecCreated(Struct, kw_only=True, rename="pascal"):
    id: str


class ExecStartRequest(Struct, kw_only=True, rename="pascal"):
    detach: bool | None = None
    tty: bool | None = None
    console_size: list[int] | None = None


class ProcessConfig(Struct, kw_only=True):
    tty: bool
    entrypoint: str
    arguments: list[str]
    privileged: bool
    user: str | UnsetType = UNSET


class ExecInspect(Struct, kw_only=True, rename="pascal"):
    """``exit_code`` is null until it ended."""

    id: str = field(name="ID")
    running: bool
    exit_code: int | None
    process_config: ProcessConfig
    open_stdin: bool
    open_stderr: bool
    open_stdout: bool
    can_remove: bool
    container_id: str = field(name="ContainerID")
    detach_keys: str
    pid: int
