"""``attach``: the streams of a container that runs."""

from ..flags import Command, Flag
from ..output import terminal_size
from ..session import CommandError
from ..streams import Detached, check_terminal, relay
from ..streams.attached import Attachment, detach_keys, exit_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Attach stdin, stdout and stderr to a running container",
    (
        Flag("detach-keys", "string", "Keys that detach from the container"),
        Flag("no-stdin", "bool", "Do not attach stdin"),
        Flag("sig-proxy", "bool", "Pass signals on to the process", default=True, default_text="true"),
    ),
    minimum=1,
    maximum=1,
    aliases=("container attach", "attach"),
)


def attach(session: "Session", argv: list[str]) -> int:
    """Stay with a container until it exits; its exit code, 0 when the user detached."""
    options = COMMAND.parse(argv, session.spelled)
    client = session.client
    found = client.call("GET", f"/containers/{options.arguments[0]}/json").json()
    _check_state(found["State"])
    tty, container = found["Config"]["Tty"], found["Id"]
    check_terminal(stdin=not options["no-stdin"], tty=tty)
    how = Attachment(
        tty=tty,
        stdin=not options["no-stdin"] and found["Config"]["OpenStdin"],
        detach_keys=detach_keys(session, options["detach-keys"]),
        sig_proxy=options["sig-proxy"] and not tty,
    )
    if how.sig_proxy:
        from ..streams.passing import pass_signals

        pass_signals(session.client, container)
    exited = client.call("POST", f"/containers/{container}/wait")
    stream = client.hijack(f"/containers/{container}/attach", query=how.query())
    if tty and session.out.isatty():
        _redraw(session, f"/containers/{container}/resize")
    try:
        relay(session, stream, stdin=how.stdin, tty=tty, detach_keys=how.detach_keys)
    except Detached as detached:
        session.err.line(str(detached))
        return 0
    return exit_status(session, exited)


def _check_state(state: "dict[str, Any]") -> None:
    if not state["Running"]:
        raise CommandError("You cannot attach to a stopped container, start it first")
    if state["Paused"]:
        raise CommandError("You cannot attach to a paused container, unpause it first")
    if state["Restarting"]:
        raise CommandError("You cannot attach to a restarting container, wait until it is running")


def _redraw(session: "Session", path: str) -> None:
    """Tell a size that is not the terminal's, then the true one: a program redraws only when it changes."""
    from ..streams.passing import pass_size, tell_size

    rows, columns = terminal_size(session.out.descriptor)
    tell_size(session.client, path, rows + 1, columns + 1)
    pass_size(session.client, path)
