"""What a start, a failed start and an end make of a container's state; exit codes of what never ran (docker-run(1),
"Exit status")."""

from msgspec.structs import replace

from wherry.errors import CommandNotFound, CommandNotInvokable
from wherry.model.container import Container, ContainerState, Pending, Status
from wherry.model.launch import Exit, Launched
from wherry.plan.containers import health

_NOT_FOUND = 127
_NOT_INVOKABLE = 126
_FAILED = 128


def started(container: Container, launched: Launched, now: int) -> ContainerState:
    """The state of a container that was let go."""
    return replace(
        container.state,
        status=Status.RUNNING,
        pending=None,
        process=launched.process,
        monitor=launched.monitor,
        exit_code=0,
        error="",
        oom_killed=False,
        started_at=now,
        finished_at=0,
        health=health.started(container),
    )


def failed(state: ContainerState, error: Exception) -> ContainerState:
    """The state of a container that could not be started: with the code and the text that ``inspect`` shows."""
    status = Status.EXITED if state.status is Status.RESTARTING else state.status
    code, text = exit_code_of(error), str(error)
    return replace(state, status=status, pending=None, process=None, monitor=None, exit_code=code, error=text)


def ended(container: Container, how: Exit, delay: float | None) -> ContainerState:
    """The state of a container that ended, and starts again in ``delay`` seconds if that is not None."""
    return replace(
        container.state,
        status=Status.EXITED if delay is None else Status.RESTARTING,
        pending=None,
        process=None,
        monitor=None,
        exit_code=how.code,
        oom_killed=how.oom_killed,
        finished_at=how.finished_at,
        restart_count=container.state.restart_count + (delay is not None),
        restart_delay=delay or 0.0,
        health=health.unwatched(container),
    )


def removing(state: ContainerState, *, volumes: bool) -> ContainerState:
    """The state of a container that is about to be removed; ``volumes``: with its anonymous ones."""
    return replace(state, pending=Pending.REMOVING, takes_volumes=volumes or state.takes_volumes)


def exit_code_of(error: BaseException) -> int:
    """The code that a container gets when it could not be started."""
    if isinstance(error, CommandNotFound):
        return _NOT_FOUND
    return _NOT_INVOKABLE if isinstance(error, CommandNotInvokable) else _FAILED


def exec_exit_code_of(error: BaseException) -> int:
    """The code that an exec session gets when it could not be started."""
    return _NOT_FOUND if isinstance(error, CommandNotFound) else _NOT_INVOKABLE
