"""``login`` and ``logout``: credentials for a registry, tried by the engine and kept by the client."""

from ...client.connection import ApiError
from .. import prompts
from ..config.credentials import HUB_DOMAIN, HUB_KEY, hostname, lookup
from ..flags import Command, Flag
from ..session import CommandError, getenv
from ..streams import stdin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..session import Session

    Credentials = dict[str, str]

SERVER_NOTE = "If no server is specified, it is Docker Hub."
LOGIN = Command(
    "[OPTIONS] [SERVER]",
    "Log in to a registry",
    (
        Flag("password", "string", "Password", short="p"),
        Flag("password-stdin", "bool", "Take the password from stdin"),
        Flag("username", "string", "Username", short="u"),
    ),
    maximum=1,
    long=SERVER_NOTE,
)
LOGOUT = Command("[SERVER]", "Log out from a registry", maximum=1, long=SERVER_NOTE)

HUB_WELCOME = (
    "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker "
    "ID, head over to https://hub.docker.com/ to create one."
)
HUB_ADVICE = (
    "You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better "
    "security and is required for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/\n"
)
UNAUTHORIZED = 401


def login(session: "Session", argv: list[str]) -> int:
    options = LOGIN.parse(argv, session.spelled)
    password = _password(session, options)
    key = _key(options.arguments)
    known = {} if options["username"] or password else lookup(session, key)
    answer = _try_known(session, known) if known.get("username") and known.get("password") else None
    credentials = known
    if answer is None:
        user = (options["username"] or "").strip()
        credentials = _asked(session, key, user, password, known.get("username", "").strip())
        answer = session.client.call("POST", "/auth", body=credentials).json()
    _keep(session, credentials, answer.get("IdentityToken") or "")
    if answer.get("Status"):
        session.out.line(answer["Status"])
    return 0


def logout(session: "Session", argv: list[str]) -> int:
    from ..config.keychain import erase

    options = LOGOUT.parse(argv, session.spelled)
    key = _key(options.arguments)
    session.out.line(f"Removing login credentials for {key}")
    given = tuple(options.arguments) if key != HUB_KEY else ()
    # Older clients kept them under the address as it was typed.
    spellings = () if key == HUB_KEY else (f"http://{key}", f"https://{key}")
    erase(session, tuple(dict.fromkeys((*given, key, *spellings))))
    return 0


def _key(arguments: list[str]) -> str:
    """What the credentials of a server are kept under."""
    server = "".join(arguments)
    return HUB_KEY if server in ("", HUB_DOMAIN, HUB_KEY) else hostname(server)


def _password(session: "Session", options: "Options") -> str:
    """What was given; "" for nothing."""
    password = options["password"] or ""
    if password:
        session.err.line("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
    if not options["password-stdin"]:
        return password
    if password:
        raise CommandError("--password and --password-stdin are mutually exclusive")
    if not options["username"]:
        raise CommandError("Must provide --username with --password-stdin")
    return stdin.rest().decode(errors="surrogateescape").removesuffix("\n").removesuffix("\r")


def _try_known(session: "Session", credentials: "Credentials") -> "dict[str, Any] | None":
    """The engine's answer to credentials that were kept; None when they are no good."""
    session.out.line("Authenticating with existing credentials...")
    session.out.flush()
    try:
        answer: dict[str, Any] = session.client.call("POST", "/auth", body=credentials).json()
    except ApiError as error:
        bad = "Stored credentials invalid or expired"
        session.err.line(bad if error.status == UNAUTHORIZED else f"Login did not succeed, error: {error.message}")
        return None
    return answer


def _asked(session: "Session", key: str, user: str, password: str, known_user: str) -> "Credentials":
    """What was given, and what is missing from whoever sits there."""
    if not password and not stdin.is_terminal():
        raise CommandError("Error: Cannot perform an interactive login from a non TTY device")
    user = user or _ask_user(session, key, known_user)
    if not user:
        raise CommandError("Error: Non-null Username Required")
    password = password or prompts.ask_secret(session, "Password: ")
    if not password:
        raise CommandError("Error: Password Required")
    return {"username": user, "password": password, "serveraddress": key}


def _ask_user(session: "Session", key: str, known: str) -> str:
    if key == HUB_KEY:
        session.out.line(HUB_WELCOME)
        if getenv("DOCKER_CLI_HINTS") not in ("false", "0"):
            session.out.line(HUB_ADVICE)
    return prompts.ask(session, f"Username ({known}): " if known else "Username: ") or known


def _keep(session: "Session", credentials: "Credentials", token: str) -> None:
    """Keep a token in the place of the password where the registry gave one."""
    from ..config.edit import path_of
    from ..config.keychain import helper_for, store

    if token:
        del credentials["password"]
        credentials["identitytoken"] = token
    elif not helper_for(session.config, credentials["serveraddress"]):
        session.err.line(
            f"WARNING! Your password will be stored unencrypted in {path_of(session)}.\n"
            "Configure a credential helper to remove this warning. See\n"
            "https://docs.docker.com/engine/reference/commandline/login/#credentials-store\n"
        )
        session.err.flush()
    store(session, credentials)
