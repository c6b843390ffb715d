"""From the command line to one command's function, and from its errors to stderr and an exit status."""

import sys
from posix import _exit

from ..client.connection import ApiError, CannotConnect
from .commands import COMMANDS
from .flags import TLS_FLAGS, Command, Flag, HelpRequested, UsageError
from .lazy import load
from .session import DEFAULT_CONTEXT, CommandError, Session, getenv
from .signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    Function = Callable[[Session, list[str]], int]

GLOBAL = Command(
    "[OPTIONS] COMMAND",
    "A container engine that speaks Docker's language",
    (
        Flag("config", "string", "Location of client config files", default_text='"~/.docker"'),
        Flag("context", "string", "Name of the context to use to connect to the engine", short="c"),
        Flag("debug", "bool", "Enable debug mode", short="D"),
        Flag("host", "list", "Daemon socket to connect to", short="H"),
        Flag(
            "log-level",
            "string",
            'Set the logging level ("debug", "info", "warn", "error", "fatal")',
            short="l",
            default="info",
            default_text='"info"',
        ),
        *TLS_FLAGS,
        Flag("version", "bool", "Print version information and quit", short="v"),
    ),
    maximum=None,
    interspersed=False,
)
LOG_LEVELS = ("debug", "info", "warn", "warning", "error", "fatal", "panic", "trace")


def main() -> "NoReturn":
    """Run the command of ``sys.argv`` and end the process: no time is spent on taking the interpreter down."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _exit(execute(sys.argv[1:]))


def execute(argv: list[str]) -> int:
    """Run one command line; errors become text on stderr and a status."""
    session = Session()
    try:
        session, rest = _begin(argv)
        status = _dispatch(session, rest)
    except HelpRequested as asked:
        from .help import command_help

        session.out.write(command_help(asked.command, asked.spelled, session.out.columns()))
        status = 0
    except (UsageError, CommandError) as error:
        session.err.line(str(error))
        status = error.status
    except (ApiError, CannotConnect) as error:
        session.err.line(str(error))
        status = 1
    session.close()
    return status


def _begin(argv: list[str]) -> tuple[Session, list[str]]:
    """The session that the global flags ask for, and what is behind them."""
    encrypted = bool(getenv("DOCKER_TLS_VERIFY") or getenv("DOCKER_TLS"))
    if not encrypted and (not argv or not argv[0].startswith("-")):
        return Session(), argv
    options = GLOBAL.parse_flags(argv, "")
    if options["version"]:
        return Session(), ["--version"]
    if options["log-level"] not in LOG_LEVELS:
        raise CommandError(f"Unable to parse logging level: {options['log-level']}")
    if len(options["host"]) > 1:
        raise CommandError("Please specify only one -H")
    host, context = "".join(options["host"]), options["context"] or ""
    if host and context:
        raise CommandError("conflicting options: either specify --host or --context, not both")
    session = Session(host=host, context=context, config_dir=options["config"] or "", debug=options["debug"])
    if encrypted or options.given("tls") or options.given("tlsverify"):
        from .config.identity import identity

        session.identity = identity(options, session.config_dir)
    return session, options.arguments


def _dispatch(session: Session, argv: list[str]) -> int:
    spelled, rest = _command(argv)
    target = COMMANDS.get(spelled)
    if target is None:
        from .help import answer_without_command

        return answer_without_command(session, argv)
    session.spelled = spelled
    if session.context != DEFAULT_CONTEXT and not spelled.startswith("context "):
        from .config.contexts import enter

        enter(session)
    function: Function = load("commands", target)
    return function(session, rest)


def _command(argv: list[str]) -> tuple[str, list[str]]:
    """The longest spelling of a command that ``argv`` begins with, and what is behind it."""
    if argv and argv[0] in COMMANDS:
        return argv[0], argv[1:]
    return " ".join(argv[:2]), argv[2:]


if __name__ == "__main__":
    main()
