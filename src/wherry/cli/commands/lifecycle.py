"""``stop``, ``kill``, ``pause``, ``wait``, ``rm`` and their like: a request for each container named, all at once,
going on after an error."""

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...client.connection import Pending, Response
    from ..flags import Options
    from ..session import Session

AT_ONCE = 50
CONTAINERS = "[OPTIONS] CONTAINER [CONTAINER...]"


def _grammar(name: str, short: str, *flags: Flag, arguments: str = CONTAINERS, more: tuple[str, ...] = ()) -> Command:
    spellings = (f"container {name}", *more, name)
    return Command(arguments, short, flags, minimum=1, maximum=None, aliases=spellings)


SIGNAL = Flag("signal", "string", "Signal to send to the container", short="s")
TIME = Flag("time", "int", "Seconds to wait before killing the container", short="t")
TIMEOUT = Flag("timeout", "int", of="time")

STOP = _grammar("stop", "Stop one or more running containers", SIGNAL, TIME, TIMEOUT)
RESTART = _grammar("restart", "Restart one or more containers", SIGNAL, TIME, TIMEOUT)
KILL = _grammar("kill", "Kill one or more running containers", SIGNAL)
PAUSE = _grammar("pause", "Pause all processes within one or more containers", arguments="CONTAINER [CONTAINER...]")
UNPAUSE = _grammar(
    "unpause", "Unpause all processes within one or more containers", arguments="CONTAINER [CONTAINER...]"
)
RENAME = Command(
    "CONTAINER NEW_NAME", "Rename a container", minimum=2, maximum=2, aliases=("container rename", "rename")
)
WAIT = _grammar(
    "wait",
    "Block until one or more containers stop, then print their exit codes",
    arguments="CONTAINER [CONTAINER...]",
)
REMOVE = _grammar(
    "rm",
    "Remove one or more containers",
    Flag("force", "bool", "Force the removal of a running container (uses SIGKILL)", short="f"),
    Flag("link", "bool", "Remove the specified link", short="l"),
    Flag("volumes", "bool", "Remove anonymous volumes associated with the container", short="v"),
    more=("container remove",),
)


def stop(session: "Session", argv: list[str]) -> int:
    """Ask the containers to end, and kill those that do not in time."""
    options = STOP.parse(argv, session.spelled)
    return _post(session, options.arguments, "stop", _stop_query(options))


def restart(session: "Session", argv: list[str]) -> int:
    options = RESTART.parse(argv, session.spelled)
    return _post(session, options.arguments, "restart", _stop_query(options))


def kill(session: "Session", argv: list[str]) -> int:
    options = KILL.parse(argv, session.spelled)
    return _post(session, options.arguments, "kill", {"signal": options["signal"]} if options["signal"] else {})


def pause(session: "Session", argv: list[str]) -> int:
    return _post(session, PAUSE.parse(argv, session.spelled).arguments, "pause", {})


def unpause(session: "Session", argv: list[str]) -> int:
    return _post(session, UNPAUSE.parse(argv, session.spelled).arguments, "unpause", {})


def rename(session: "Session", argv: list[str]) -> int:
    old, new = (name.strip() for name in RENAME.parse(argv, session.spelled).arguments)
    if not old or not new:
        raise CommandError("Error: Neither old nor new names may be empty")
    try:
        session.client.call("POST", f"/containers/{old}/rename", query={"name": new})
    except ApiError as error:
        session.err.line(str(error))
        raise CommandError(f"Error: failed to rename container named {old}") from None
    return 0


def wait(session: "Session", argv: list[str]) -> int:
    """Print each container's exit code as soon as it has one."""
    names = WAIT.parse(argv, session.spelled).arguments
    pending = (session.client.begin("POST", f"/containers/{name}/wait") for name in names)
    return report(session, names, pending, lambda _, answer: str(answer.json()["StatusCode"]))


def remove(session: "Session", argv: list[str]) -> int:
    options = REMOVE.parse(argv, session.spelled)
    names = [name.strip("/") for name in options.arguments]
    query = {key: "1" for key, name in (("force", "force"), ("link", "link"), ("v", "volumes")) if options[name]}
    pending = (session.client.begin("DELETE", f"/containers/{name}", query=query) for name in names)
    return report(session, options.arguments, pending, harmless=(404,) if options["force"] else ())


def report(
    session: "Session",
    names: list[str],
    pending: "Iterator[Pending]",
    text: "Callable[[str, Response], str]" = lambda name, _: name,
    harmless: tuple[int, ...] = (),
) -> int:
    """Have requests answered side by side; print a line for each, or its error. 1 when there was any error but those of
    a ``harmless`` HTTP status."""
    status = 0
    for window in range(0, len(names), AT_ONCE):
        batch = names[window : window + AT_ONCE]
        for name, request in zip(batch, [next(pending) for _ in batch], strict=True):
            try:
                session.out.line(text(name, request.response()))
                session.out.flush()
            except ApiError as error:
                session.err.line(str(error))
                session.err.flush()
                status = status if error.status in harmless else 1
    return status


def _post(session: "Session", names: list[str], verb: str, query: dict[str, str]) -> int:
    return report(
        session, names, (session.client.begin("POST", f"/containers/{name}/{verb}", query=query) for name in names)
    )


def _stop_query(options: "Options") -> dict[str, str]:
    query = {}
    if options["signal"]:
        query["signal"] = options["signal"]
    if options.given("time"):
        query["t"] = str(options["time"])
    return query
