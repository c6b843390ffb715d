"""``events``: what happens in the engine, as it happens."""

from time import time

from ...client.jsonlite import loads
from ..flags import Command, Flag
from ..formats import INSPECT_HELP, STATUS_BAD_TEMPLATE, parse_format
from ..formats.units import rfc3339
from ..options.filters import collect, encode, filter_flag
from ..session import CommandError
from ..timestamps import to_unix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats.templates import Template
    from ..formats.templates.values import Struct
    from ..session import Session

COMMAND = Command(
    "[OPTIONS]",
    "Get real time events from the server",
    (
        filter_flag(),
        Flag("format", "string", INSPECT_HELP),
        Flag("since", "string", "Show all events created since timestamp"),
        Flag("until", "string", "Stream events until this timestamp"),
    ),
    aliases=("system events", "events"),
)
PROBLEM = "Error parsing format"
NANOSECONDS = 1_000_000_000


def events(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    parsed = _parse(options["format"] or "")
    query = encode(collect(options["filter"]))
    now = time()
    for name in ("since", "until"):
        if options[name]:
            try:
                query[name] = to_unix(options[name], now)
            except ValueError as error:
                raise CommandError(str(error)) from None
    for line in session.client.call("GET", "/events", query=query).lines():
        if line:
            event = loads(line)
            session.out.line(parsed.execute(_typed(event)) if parsed else pretty(event))
            session.out.flush()
    return 0


def _parse(text: str) -> "Template | None":
    """A template that fits an event: it is tried on an empty one. None for ""."""
    parsed = parse_format(text, PROBLEM)
    if parsed is None:
        return None
    from ..formats.templates import ExecError

    try:
        parsed.execute(_typed({}))
    except ExecError as error:
        raise CommandError(f"{PROBLEM}: {error}", STATUS_BAD_TEMPLATE) from None
    return parsed


def _typed(event: "dict[str, Any]") -> "Struct":
    from ..formats.shapes import struct

    message = struct("events.Message", event)
    message.type_name = "*events.Message"
    return message


def pretty(event: "dict[str, Any]") -> str:
    """``2024-05-01T12:00:00.000000000Z container start 4f31… (image=busybox, name=web)``."""
    actor = event["Actor"]
    seconds, nanoseconds = divmod(event["timeNano"], NANOSECONDS)
    text = f"{rfc3339(seconds, nanoseconds)} {event['Type']} {event['Action']} {actor['ID']}"
    attributes = actor.get("Attributes") or {}
    if not attributes:
        return text
    return f"{text} ({', '.join(f'{name}={attributes[name]}' for name in sorted(attributes))})"
