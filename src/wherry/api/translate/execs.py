"""Exec sessions ⇄ our records."""

from msgspec import UNSET

from wherry.api.translate.config import console_size, words
from wherry.model.exec import Exec, ExecSpec
from wherry.wire.exec import ExecCreateRequest, ExecInspect, ProcessConfig


def exec_spec(request: ExecCreateRequest) -> ExecSpec:
    """What is to run."""
    return ExecSpec(
        command=words(request.cmd) or (),
        env=tuple(request.env or ()),
        user=request.user or "",
        working_dir=request.working_dir or "",
        tty=bool(request.tty),
        attach_stdin=bool(request.attach_stdin),
        attach_stdout=bool(request.attach_stdout),
        attach_stderr=bool(request.attach_stderr),
        privileged=bool(request.privileged),
        detach_keys=request.detach_keys or "",
        console_size=console_size(request.console_size),
    )


def exec_inspect(session: Exec) -> ExecInspect:
    spec = session.spec
    entrypoint, *arguments = spec.command
    return ExecInspect(
        id=session.id,
        running=session.running,
        exit_code=session.exit_code,
        process_config=ProcessConfig(
            tty=spec.tty,
            entrypoint=entrypoint,
            arguments=arguments,
            privileged=spec.privileged,
            user=spec.user or UNSET,
        ),
        open_stdin=spec.attach_stdin,
        open_stderr=spec.attach_stderr,
        open_stdout=spec.attach_stdout,
        can_remove=False,
        container_id=session.container_id,
        detach_keys=spec.detach_keys,
        pid=session.process.pid if session.process else 0,
    )
