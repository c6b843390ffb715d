"""``context ls`` and ``context inspect``. Texts are those of docker/cli ``cli/command/context``."""

from ..config.context_store import every
from ..config.contexts import ENDPOINT, Context, find, warn_of_host
from ..config.identity import FILES
from ..flags import Command, Flag
from ..formats import HELP, INSPECT_HELP, Listing, parse_format, quiet_template
from ..session import CommandError
from ..texts import ellipsis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

LIST = Command(
    "[OPTIONS]",
    "List contexts",
    (Flag("format", "string", HELP), Flag("quiet", "bool", "Only show context names", short="q")),
    aliases=("context ls", "context list"),
)
INSPECT = Command(
    "[OPTIONS] [CONTEXT] [CONTEXT...]",
    "Display detailed information on one or more contexts",
    (Flag("format", "string", INSPECT_HELP, short="f"),),
    maximum=None,
)
LISTING = Listing(
    "*formatter.clientContextContext",
    {
        "Name": "NAME",
        "Description": "DESCRIPTION",
        "DockerEndpoint": "DOCKER ENDPOINT",
        "Current": "CURRENT",
        "Error": "ERROR",
        "ContextType": "TYPE",
    },
    ("Name", "Description", "DockerEndpoint", "Error"),
    "name: {{.Name}}\ndescription: {{.Description}}\nendpoint: {{.DockerEndpoint}}\n",
)
ERROR_WIDTH = 45


def ls(session: "Session", argv: list[str]) -> int:
    options = LIST.parse(argv, session.spelled)
    template = options["format"] or ""
    if options["quiet"]:
        template = quiet_template(template, "name: {{.Name}}")
    marked, current = template in ("", "table"), session.context
    rows = [_fields(context, marked=marked, current=current) for context in every(session)]
    LISTING.write(session.out, [*rows, *_missing(session, marked=marked)], template)
    warn_of_host(session, "a context")
    return 0


def inspect(session: "Session", argv: list[str]) -> int:
    from ...client.jsonlite import dumps
    from ..formats.json_text import indent
    from ..formats.shapes import untyped

    options = INSPECT.parse(argv, session.spelled)
    parsed = parse_format(options["format"] or "")
    found, problems = [], []
    for name in options.arguments or [session.context]:
        try:
            found.append(_inspected(find(session, name)))
        except CommandError as error:
            problems.append(str(error))
    if parsed:
        lines = [parsed.execute(untyped(element), missing_key_is_error=True) + "\n" for element in found]
        session.out.write("".join(lines) or "\n")
    else:
        session.out.line(indent(dumps(found).decode()))
    if problems:
        raise CommandError("\n".join(problems))
    return 0


def _fields(context: Context, *, marked: bool, current: str, problem: str = "") -> "Fields":
    """``marked``: whether a star tells the current one."""
    is_current = context.name == current
    return {
        "Name": lambda: f"{context.name} *" if marked and is_current else context.name,
        "Description": lambda: context.description,
        "DockerEndpoint": lambda: context.endpoint.host,
        "Current": lambda: is_current,
        "Error": lambda: problem,
        "ContextType": lambda: "moby",
    }


def _missing(session: "Session", *, marked: bool) -> "list[Fields]":
    """The row of a current context that there is not."""
    try:
        find(session, session.context)
    except CommandError as error:
        absent = Context(session.context, {}, "", "")
        return [_fields(absent, marked=marked, current=absent.name, problem=ellipsis(str(error), ERROR_WIDTH))]
    return []


def _inspected(context: Context) -> "dict[str, Any]":
    files = [FILES[name] for name in context.endpoint.paths]
    return {
        **context.metadata,
        "TLSMaterial": {ENDPOINT: files} if files else {},
        "Storage": {"MetadataPath": context.meta, "TLSPath": context.tls},
    }
