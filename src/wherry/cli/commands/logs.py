"""``logs``: what a container wrote, from the engine's store."""

import time

from ...client.connection import MULTIPLEXED
from ...client.frames import STDERR, demultiplex
from ..flags import Command, Flag
from ..session import CommandError
from ..timestamps import to_unix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...client.connection import Response
    from ..flags import Options
    from ..session import Session

WHEN = 'as a time ("2013-01-02T13:23:37Z") or that long ago ("42m")'

COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Show what a container wrote to stdout and stderr",
    (
        Flag("details", "bool", "Show labels and variables that the log driver keeps"),
        Flag("follow", "bool", "Go on with what is written from now on", short="f"),
        Flag("since", "string", f"Begin at this time, {WHEN}"),
        Flag("tail", "string", "Number of lines to show from the end", short="n", default="all", default_text='"all"'),
        Flag("timestamps", "bool", "Show when each line was written", short="t"),
        Flag("until", "string", f"End at this time, {WHEN}"),
    ),
    minimum=1,
    maximum=1,
    aliases=("container logs", "logs"),
)


def logs(session: "Session", argv: list[str]) -> int:
    """Stdout goes to stdout, stderr to stderr; a terminal's output, which is one stream, to stdout."""
    options = COMMAND.parse(argv, session.spelled)
    path = f"/containers/{options.arguments[0]}/logs"
    response = session.client.call("GET", path, query=_query(options))
    _show(session, response)
    return 0


def _show(session: "Session", response: "Response") -> None:
    if response.headers.get("content-type") != MULTIPLEXED:
        for chunk in response.chunks():
            session.out.put(chunk)
        return
    for kind, payload in demultiplex(response.chunks()):
        (session.err if kind == STDERR else session.out).put(payload)


def _query(options: "Options") -> dict[str, str]:
    query = {"stdout": "1", "stderr": "1", "tail": options["tail"]}
    query |= {flag: "1" for flag in ("details", "follow", "timestamps") if options[flag]}
    for flag in ("since", "until"):
        if options[flag]:
            query[flag] = _unix(flag, options[flag])
    return query


def _unix(flag: str, text: str) -> str:
    try:
        return to_unix(text, time.time())
    except ValueError as error:
        raise CommandError(f'invalid value for "{flag}": {error}') from None
