"""``start``: containers that do not run, one of them with its streams attached."""

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..session import CommandError
from ..streams import check_terminal
from ..streams.attached import Attachment, detach_keys, start_attached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..flags import Options
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Start containers that do not run",
    (
        Flag("attach", "bool", "Attach stdout and stderr, and pass signals on", short="a"),
        Flag("checkpoint", "string", hidden=True),
        Flag("checkpoint-dir", "string", hidden=True),
        Flag("detach-keys", "string", "Keys that detach from the container"),
        Flag("interactive", "bool", "Attach stdin", short="i"),
    ),
    minimum=1,
    maximum=None,
    aliases=("container start", "start"),
)


def start(session: "Session", argv: list[str]) -> int:
    """Print the names of those that started; with --attach return the exit code."""
    options = COMMAND.parse(argv, session.spelled)
    for name in ("checkpoint", "checkpoint-dir"):
        if options.given(name):
            raise CommandError(f'"--{name}" is only supported on a Docker daemon with experimental features enabled')
    if options["attach"] or options["interactive"]:
        if len(options.arguments) > 1:
            raise CommandError("you cannot start and attach multiple containers at once")
        return _start_attached(session, options, options.arguments[0])
    failed = [name for name in options.arguments if not _start(session, name)]
    if failed:
        raise CommandError(f"Error: failed to start containers: {', '.join(failed)}")
    return 0


def _start(session: "Session", name: str) -> bool:
    try:
        session.client.call("POST", f"/containers/{name}/start")
    except ApiError as error:
        session.err.line(str(error))
        session.err.flush()
        return False
    session.out.line(name)
    session.out.flush()
    return True


def _start_attached(session: "Session", options: "Options", name: str) -> int:
    found = session.client.call("GET", f"/containers/{name}/json").json()
    config = found["Config"]
    stdin = options["interactive"] and config["OpenStdin"]
    check_terminal(stdin=stdin, tty=config["Tty"])
    how = Attachment(
        tty=config["Tty"],
        stdin=stdin,
        detach_keys=detach_keys(session, options["detach-keys"]),
        auto_remove=found["HostConfig"]["AutoRemove"],
        sig_proxy=not config["Tty"],
    )
    return start_attached(session, found["Id"], how)
