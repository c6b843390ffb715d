"""``context create``, ``update``, ``rm``, ``use``, ``show``. Texts are those of docker/cli ``cli/command/context``."""

from ..config import context_store
from ..config.contexts import Endpoint, find, warn_of_host
from ..flags import Command, Flag
from ..flags.values import PARSERS
from ..options.endpoints import KEYS
from ..session import DEFAULT_CONTEXT, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

LONG = """Docker endpoint config:

NAME                DESCRIPTION
from                Copy named context's Docker endpoint configuration
host                Docker endpoint on which to connect
ca                  Trust certs signed only by this CA
cert                Path to TLS certificate file
key                 Path to TLS key file
skip-tls-verify     Skip TLS certificate validation"""
DESCRIPTION = Flag("description", "string", "Description of the context")
DOCKER = Flag(
    "docker",
    "list",
    "set the docker endpoint",
    value_name="stringToString",
    default_text="[]",
    parse="endpoints:endpoint",
)
CREATE = Command(
    "[OPTIONS] CONTEXT",
    "Create a context",
    (DESCRIPTION, DOCKER, Flag("from", "string", "create context from a named context")),
    minimum=1,
    maximum=1,
    long=LONG,
)
UPDATE = Command("[OPTIONS] CONTEXT", "Update a context", (DESCRIPTION, DOCKER), minimum=1, maximum=1, long=LONG)
REMOVE = Command(
    "CONTEXT [CONTEXT...]",
    "Remove one or more contexts",
    (Flag("force", "bool", "Force the removal of a context in use", short="f"),),
    minimum=1,
    maximum=None,
    aliases=("context rm", "context remove"),
)
SHOW = Command("", "Print the name of the current context")
USE = Command("CONTEXT", "Set the current docker context", minimum=1, maximum=1)
PATHS = {"ca": "tlscacert", "cert": "tlscert", "key": "tlskey"}
"""The flags that name the same files."""


def create(session: "Session", argv: list[str]) -> int:
    options = CREATE.parse(argv, session.spelled)
    (name,) = options.arguments
    context_store.check_name(name)
    if any(context.name == name for context in context_store.every(session)):
        raise CommandError(f'context "{name}" already exists')
    if options["from"] and options.given("docker"):
        raise CommandError("cannot use --docker flag when --from is set")
    description = options["description"] or ""
    if options.given("docker"):
        _put(session, name, description, options["docker"], "create")
    else:
        source = find(session, options["from"] or session.context)
        _write(session, name, description or source.description, source.endpoint)
    session.err.line(f'Successfully created context "{name}"')
    return 0


def update(session: "Session", argv: list[str]) -> int:
    options = UPDATE.parse(argv, session.spelled)
    (name,) = options.arguments
    context_store.check_name(name)
    context = find(session, name)
    description = options["description"] if options.given("description") else context.description
    if options.given("docker"):
        _put(session, name, description, options["docker"], "update")
    else:
        _write(session, name, description, context.endpoint)
    session.err.line(f'Successfully updated context "{name}"')
    return 0


def remove(session: "Session", argv: list[str]) -> int:
    options = REMOVE.parse(argv, session.spelled)
    problems = []
    for name in options.arguments:
        try:
            _remove(session, name, force=options["force"])
            session.out.line(name)
        except CommandError as error:
            problems.append(str(error))
    if problems:
        raise CommandError("\n".join(problems))
    return 0


def show(session: "Session", argv: list[str]) -> int:
    SHOW.parse(argv, session.spelled)
    session.out.line(session.context)
    return 0


def use(session: "Session", argv: list[str]) -> int:
    (name,) = USE.parse(argv, session.spelled).arguments
    if name != DEFAULT_CONTEXT:
        context_store.check_name(name)
        find(session, name)
    context_store.make_current(session, name)
    session.out.line(name)
    session.err.line(f'Current context is now "{name}"')
    if name != DEFAULT_CONTEXT:
        warn_of_host(session, f'"{name}"')
    return 0


def _put(session: "Session", name: str, description: str, given: "list[dict[str, str]]", verb: str) -> None:
    """Write a context with the endpoint that ``--docker`` names."""
    try:
        _write(session, name, description, _endpoint(session, given))
    except CommandError as error:
        raise CommandError(f"unable to {verb} docker endpoint config: {error}") from None


def _endpoint(session: "Session", given: "list[dict[str, str]]") -> Endpoint:
    """What all ``--docker`` say together. CommandError."""
    asked = {key: value for pairs in given for key, value in pairs.items()}
    for key in asked:
        if key not in KEYS:
            raise CommandError(f"{key}: unrecognized config key")
    if "from" in asked:
        return find(session, asked["from"]).endpoint
    host = asked.get("host", "")
    if host and "://" not in host:
        raise CommandError(f"unable to apply docker endpoint options: unable to parse docker host `{host}`")
    try:
        skips = PARSERS["bool"](asked.get("skip-tls-verify") or "false") is True
    except ValueError as error:
        raise CommandError(f"skip-tls-verify: {error}") from None
    paths = {flag: asked[key] for key, flag in PATHS.items() if key in asked}
    return Endpoint(host, paths, skips_verification=skips)


def _write(session: "Session", name: str, description: str, endpoint: Endpoint) -> None:
    """CommandError when a file cannot be read or written."""
    try:
        context_store.save(session, name, description, endpoint)
    except OSError as error:
        raise CommandError(f"open {error.filename}: {(error.strerror or '').lower()}") from None
    session.out.line(name)


def _remove(session: "Session", name: str, *, force: bool) -> None:
    if name == DEFAULT_CONTEXT:
        raise CommandError(f'default: context "{name}" cannot be removed')
    try:
        context = find(session, name)
    except CommandError:
        if force:
            return
        raise CommandError(f'context "{name}" does not exist') from None
    if name == session.context:
        if not force:
            raise CommandError(f'context "{name}" is in use, set -f flag to force remove')
        context_store.make_current(session, DEFAULT_CONTEXT)
    context_store.remove(context)
