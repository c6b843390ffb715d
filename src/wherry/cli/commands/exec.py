"""``exec``: another process in a running container."""

from ..flags import Command, Flag
from ..options.environment import variables
from ..output import terminal_size
from ..session import CommandError
from ..streams import Detached, check_terminal, relay
from ..streams.attached import detach_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER COMMAND [ARG...]",
    "Run a command in a running container",
    (
        Flag("detach", "bool", "Run the command in the background", short="d"),
        Flag("detach-keys", "string", "Keys that detach from the command"),
        Flag("env", "list", "Environment variable (name=value, or a name to pass on)", short="e",
             parse="environment:variable"),
        Flag("env-file", "list", "File with an environment variable in each line"),
        Flag("interactive", "bool", "Keep stdin open even if nobody is attached", short="i"),
        Flag("privileged", "bool", "Give the command all capabilities"),
        Flag("tty", "bool", "Allocate a pseudo-terminal", short="t"),
        Flag("user", "string", "User name or ID, and group: <name|uid>[:<group|gid>]", short="u"),
        Flag("workdir", "string", "Working directory", short="w"),
    ),
    minimum=2,
    maximum=None,
    interspersed=False,
    aliases=("container exec", "exec"),
)  # fmt: skip


def exec_command(session: "Session", argv: list[str]) -> int:
    """Run a command and return its exit code; 0 at once with --detach."""
    options = COMMAND.parse(argv, session.spelled)
    body = _body(session, options)
    if not options["detach"]:
        check_terminal(stdin=options["interactive"], tty=options["tty"])
    path = f"/containers/{options.arguments[0]}/exec"
    identifier = session.client.call("POST", path, body=body).json()["Id"]
    if options["detach"]:
        session.client.call("POST", f"/exec/{identifier}/start", body={"Detach": True})
        return 0
    return _attached(session, options, body, identifier)


def _attached(session: "Session", options: "Options", body: "dict[str, Any]", identifier: str) -> int:
    tty = options["tty"]
    start = {"Detach": False, "Tty": tty}
    if "ConsoleSize" in body:
        start["ConsoleSize"] = body["ConsoleSize"]
    stream = session.client.hijack(f"/exec/{identifier}/start", body=start)
    if tty and session.out.isatty():
        from ..streams.passing import pass_size

        pass_size(session.client, f"/exec/{identifier}/resize")
    try:
        relay(session, stream, stdin=options["interactive"], tty=tty, detach_keys=body["DetachKeys"])
    except Detached as detached:
        session.err.line(str(detached))
        return 0
    status: int = session.client.call("GET", f"/exec/{identifier}/json").json()["ExitCode"]
    return status


def _body(session: "Session", options: "Options") -> "dict[str, Any]":
    attached = not options["detach"]
    try:
        environment = variables(options, {})
    except ValueError as error:
        raise CommandError(str(error)) from None
    body = {
        "User": options["user"] or "",
        "Privileged": options["privileged"],
        "Tty": options["tty"],
        "AttachStdin": attached and options["interactive"],
        "AttachStderr": attached,
        "AttachStdout": attached,
        "Detach": options["detach"],
        "DetachKeys": detach_keys(session, options["detach-keys"]),
        "Env": environment or None,
        "WorkingDir": options["workdir"] or "",
        "Cmd": options.arguments[1:],
    }
    rows, columns = terminal_size(session.out.descriptor)
    if attached and options["tty"] and rows:
        body["ConsoleSize"] = [rows, columns]
    return body
