"""``update``: other limits, or another restart policy, for containers that exist."""

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..options.body import HOST_FLAGS
from ..options.policies import restart_policy
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Update configuration of one or more containers",
    (
        Flag("blkio-weight", "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable",
             default_text="0"),
        Flag("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
        Flag("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
        Flag("cpu-rt-period", "int", "Limit the CPU real-time period in microseconds"),
        Flag("cpu-rt-runtime", "int", "Limit the CPU real-time runtime in microseconds"),
        Flag("cpu-shares", "int", "CPU shares (relative weight)", short="c"),
        Flag("cpus", "decimal", "Number of CPUs"),
        Flag("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
        Flag("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
        Flag("kernel-memory", "bytes", hidden=True),
        Flag("memory", "bytes", "Memory limit", short="m"),
        Flag("memory-reservation", "bytes", "Memory soft limit"),
        Flag("memory-swap", "swap", "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
        Flag("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
        Flag("restart", "string", "Restart policy to apply when a container exits"),
    ),
    minimum=1,
    maximum=None,
    aliases=("container update", "update"),
)  # fmt: skip


def update(session: "Session", argv: list[str]) -> int:
    """Print the name of each container that was changed, then all warnings, then all errors."""
    options = COMMAND.parse(argv, session.spelled)
    if not any(options.given(flag.name) for flag in COMMAND.flags):
        raise CommandError("you must provide one or more flags when using this command")
    body = _body(options)
    warnings: list[str] = []
    errors: list[str] = []
    for name in options.arguments:
        try:
            answer = session.client.call("POST", f"/containers/{name}/update", body=body).json()
        except ApiError as error:
            errors.append(str(error))
            continue
        session.out.line(name)
        warnings += answer.get("Warnings") or ()
    for warning in warnings:
        session.out.line(warning)
    if errors:
        raise CommandError("\n".join(errors))
    return 0


def _body(options: "Options") -> "dict[str, Any]":
    given = [flag.name for flag in COMMAND.flags if options.given(flag.name)]
    body: dict[str, Any] = {HOST_FLAGS[name]: options[name] for name in given if name in HOST_FLAGS}
    if options["restart"]:
        try:
            body["RestartPolicy"] = restart_policy(options["restart"])
        except ValueError as error:
            raise CommandError(str(error)) from None
    return body
