"""From the command line to one command's function, and from its errors to stderr and an exit status."""

import sys
from posix import _exit

from ..client.connection import ApiError, CannotConnect
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

COMMANDS = {
    "attach": "attach:attach",
    "build": "build:build",
    "commit": "commit:commit",
    "cp": "cp:cp",
    "create": "run:create",
    "diff": "diff:diff",
    "doctor": "doctor:doctor",
    "events": "events:events",
    "exec": "exec:exec_command",
    "export": "export:export",
    "history": "history:history",
    "images": "images:images",
    "import": "archives:import_image",
    "info": "info:info",
    "inspect": "inspect:inspect",
    "kill": "lifecycle:kill",
    "load": "archives:load",
    "login": "login:login",
    "logout": "login:logout",
    "logs": "logs:logs",
    "pause": "lifecycle:pause",
    "port": "ports:port",
    "ps": "ps:ps",
    "pull": "pull:pull",
    "push": "push:push",
    "rename": "lifecycle:rename",
    "restart": "lifecycle:restart",
    "rm": "lifecycle:remove",
    "rmi": "images:remove",
    "run": "run:run",
    "save": "archives:save",
    "search": "search:search",
    "start": "start:start",
    "stats": "stats:stats",
    "stop": "lifecycle:stop",
    "tag": "images:tag",
    "top": "top:top",
    "unpause": "lifecycle:unpause",
    "update": "update:update",
    "version": "version:version",
    "wait": "lifecycle:wait",
    "builder build": "build:build",
    "builder prune": "prune:builder",
    "container attach": "attach:attach",
    "container commit": "commit:commit",
    "container cp": "cp:cp",
    "container create": "run:create",
    "container diff": "diff:diff",
    "container export": "export:export",
    "container exec": "exec:exec_command",
    "container inspect": "inspect:inspect_containers",
    "container kill": "lifecycle:kill",
    "container list": "ps:ps",
    "container logs": "logs:logs",
    "container ls": "ps:ps",
    "container pause": "lifecycle:pause",
    "container port": "ports:port",
    "container prune": "prune:containers",
    "container ps": "ps:ps",
    "container remove": "lifecycle:remove",
    "container rename": "lifecycle:rename",
    "container restart": "lifecycle:restart",
    "container rm": "lifecycle:remove",
    "container run": "run:run",
    "container start": "start:start",
    "container stats": "stats:stats",
    "container stop": "lifecycle:stop",
    "container top": "top:top",
    "container unpause": "lifecycle:unpause",
    "container update": "update:update",
    "container wait": "lifecycle:wait",
    "context create": "contexts:create",
    "context export": "context_archives:export",
    "context import": "context_archives:import_context",
    "context inspect": "context_list:inspect",
    "context list": "context_list:ls",
    "context ls": "context_list:ls",
    "context remove": "contexts:remove",
    "context rm": "contexts:remove",
    "context show": "contexts:show",
    "context update": "contexts:update",
    "context use": "contexts:use",
    "image bootstrap": "bootstrap:bootstrap",
    "image build": "build:build",
    "image history": "history:history",
    "image import": "archives:import_image",
    "image inspect": "inspect:inspect_images",
    "image list": "images:images",
    "image load": "archives:load",
    "image ls": "images:images",
    "image prune": "prune:images",
    "image pull": "pull:pull",
    "image push": "push:push",
    "image remove": "images:remove",
    "image rm": "images:remove",
    "image save": "archives:save",
    "image tag": "images:tag",
    "manifest annotate": "manifests:annotate",
    "manifest create": "manifests:create",
    "manifest inspect": "manifests:inspect",
    "manifest push": "manifests:push",
    "manifest rm": "manifests:remove",
    "network connect": "networks:connect",
    "network create": "networks:create",
    "network disconnect": "networks:disconnect",
    "network inspect": "inspect:inspect_networks",
    "network list": "networks:ls",
    "network ls": "networks:ls",
    "network prune": "prune:networks",
    "network remove": "networks:remove",
    "network rm": "networks:remove",
    "plugin create": "managed_plugins:create",
    "plugin disable": "managed_plugins:disable",
    "plugin enable": "managed_plugins:enable",
    "plugin inspect": "inspect:inspect_plugins",
    "plugin install": "managed_plugins:install",
    "plugin list": "managed_plugins:ls",
    "plugin ls": "managed_plugins:ls",
    "plugin push": "managed_plugins:push",
    "plugin remove": "managed_plugins:remove",
    "plugin rm": "managed_plugins:remove",
    "plugin set": "managed_plugins:change",
    "plugin upgrade": "managed_plugins:upgrade",
    "system df": "disk:df",
    "system dial-stdio": "dial:dial",
    "system doctor": "doctor:doctor",
    "system events": "events:events",
    "system info": "info:info",
    "system prune": "prune:system",
    "volume create": "volumes:create",
    "volume inspect": "inspect:inspect_volumes",
    "volume list": "volumes:ls",
    "volume ls": "volumes:ls",
    "volume prune": "prune:volumes",
    "volume remove": "volumes:remove",
    "volume rm": "volumes:remove",
}
"""Every spelling of every command: ``module of .commands:function``."""


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
