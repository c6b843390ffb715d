"""``info``: the state of the engine and of its host."""

from ...client.connection import ApiError, CannotConnect
from ..flags import Command, Flag
from ..formats import INSPECT_HELP, parse_format
from ..formats.units import bytes_size
from ..session import CommandError
from ..texts import go_bool
from .version import client_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats.templates import Template
    from ..session import Session

    Info = dict[str, Any]

COMMAND = Command(
    "[OPTIONS]",
    "Display system-wide information",
    (Flag("format", "string", INSPECT_HELP, short="f"),),
    aliases=("system info", "info"),
)


def info(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    parsed = parse_format(options["format"] or "")
    client: Info = {**client_version(), "Debug": session.debug, "Plugins": [], "Warnings": None}
    engine: Info | None = None
    problem = ""
    try:
        engine = session.client.call("GET", "/info").json()
    except (ApiError, CannotConnect) as error:
        problem = str(error)
    if parsed:
        if problem:
            session.err.line(problem)
        return _print_template(session, parsed, client, engine, problem)
    return _print_text(session, client, engine, problem)


def _print_template(session: "Session", parsed: "Template", client: "Info", engine: "Info | None", problem: str) -> int:
    """Without an engine its fields are empty."""
    from ..formats.shapes import typed
    from ..formats.templates import ExecError

    errors = {"ServerErrors": [problem]} if problem else {}
    try:
        session.out.line(parsed.execute(typed("system.dockerInfo", {**(engine or {}), **errors, "ClientInfo": client})))
    except ExecError as error:
        session.out.line(error.partial)
        raise CommandError(str(error)) from None
    return 0


def _print_text(session: "Session", client: "Info", engine: "Info | None", problem: str) -> int:
    lines = [
        "Client:",
        f" Version:    {client['Version']}",
        f" Context:    {client['Context']}",
        f" Debug Mode: {go_bool(client['Debug'])}",
        "",
        "Server:",
        *(engine_lines(engine, debug=client["Debug"]) if engine else ()),
    ]
    for line in lines:
        session.out.line(line)
    if engine is None:
        session.out.flush()
        raise CommandError(f"ERROR: {problem}\nerrors pretty printing info")
    session.out.line("")
    for warning in engine.get("Warnings") or ():
        session.err.line(warning)
    return 0


def engine_lines(info: "Info", *, debug: bool) -> list[str]:
    """The block below ``Server:``. Lines that have nothing to say are left out where Docker leaves them out."""
    return [
        *_counts(info),
        *_drivers(info),
        *_plugins(info["Plugins"]),
        f" Swarm: {(info.get('Swarm') or {}).get('LocalNodeState', 'inactive')}",
        *_runtimes(info),
        *_security(info.get("SecurityOptions") or ()),
        *_host(info),
        *(_debugging(info) if info["Debug"] or debug else ()),
        *_proxies_and_labels(info),
        f" Experimental: {go_bool(info['ExperimentalBuild'])}",
        *_registries(info.get("RegistryConfig") or {}),
        f" Live Restore Enabled: {go_bool(info['LiveRestoreEnabled'])}",
        *_address_pools(info.get("DefaultAddressPools") or ()),
    ]


def _present(info: "Info", *names: tuple[str, str]) -> list[str]:
    """`` title: value`` of the fields that are not empty."""
    return [f" {title}: {info[key]}" for title, key in names if info.get(key)]


def _counts(info: "Info") -> list[str]:
    return [
        f" Containers: {info['Containers']}",
        f"  Running: {info['ContainersRunning']}",
        f"  Paused: {info['ContainersPaused']}",
        f"  Stopped: {info['ContainersStopped']}",
        f" Images: {info['Images']}",
    ]


def _drivers(info: "Info") -> list[str]:
    return [
        *_present(info, ("Server Version", "ServerVersion"), ("Storage Driver", "Driver")),
        *[f"  {name}: {value}" for name, value in info.get("DriverStatus") or ()],
        *_present(
            info,
            ("Logging Driver", "LoggingDriver"),
            ("Cgroup Driver", "CgroupDriver"),
            ("Cgroup Version", "CgroupVersion"),
        ),
    ]


def _plugins(plugins: "Info") -> list[str]:
    authorization = plugins.get("Authorization")
    return [
        " Plugins:",
        f"  Volume: {' '.join(plugins.get('Volume') or ())}",
        f"  Network: {' '.join(plugins.get('Network') or ())}",
        *([f"  Authorization: {' '.join(authorization)}"] if authorization else ()),
        f"  Log: {' '.join(plugins.get('Log') or ())}",
    ]


def _runtimes(info: "Info") -> list[str]:
    return [
        f" Runtimes: {' '.join(info.get('Runtimes') or ())}",
        f" Default Runtime: {info['DefaultRuntime']}",
        f" Init Binary: {info['InitBinary']}",
        f" containerd version: {info['ContainerdCommit']['ID']}",
        f" runc version: {info['RuncCommit']['ID']}",
        f" init version: {info['InitCommit']['ID']}",
    ]


def _security(options: "list[str] | tuple[()]") -> list[str]:
    """``name=seccomp,profile=builtin`` → the name, its profile below it."""
    lines = [" Security Options:"] if options else []
    for option in options:
        pairs = dict(pair.split("=", 1) for pair in option.split(",") if "=" in pair)
        lines.append(f"  {pairs.get('name', option)}")
        if "profile" in pairs:
            lines.append(f"   Profile: {pairs['profile']}")
    return lines


def _host(info: "Info") -> list[str]:
    return [
        *_present(
            info,
            ("Kernel Version", "KernelVersion"),
            ("Operating System", "OperatingSystem"),
            ("OSType", "OSType"),
            ("Architecture", "Architecture"),
        ),
        f" CPUs: {info['NCPU']}",
        f" Total Memory: {bytes_size(info['MemTotal'])}",
        *_present(info, ("Name", "Name"), ("ID", "ID")),
        f" Docker Root Dir: {info['DockerRootDir']}",
        f" Debug Mode: {go_bool(info['Debug'])}",
    ]


def _debugging(info: "Info") -> list[str]:
    return [
        f"  File Descriptors: {info['NFd']}",
        f"  Goroutines: {info['NGoroutines']}",
        f"  System Time: {info['SystemTime']}",
        f"  EventsListeners: {info['NEventsListener']}",
    ]


def _proxies_and_labels(info: "Info") -> list[str]:
    labels = info.get("Labels") or ()
    return [
        *_present(info, ("HTTP Proxy", "HttpProxy"), ("HTTPS Proxy", "HttpsProxy"), ("No Proxy", "NoProxy")),
        *([" Labels:"] if labels else ()),
        *[f"  {label}" for label in labels],
    ]


def _registries(config: "Info") -> list[str]:
    indexes, blocks = config.get("IndexConfigs") or {}, config.get("InsecureRegistryCIDRs") or ()
    mirrors = config.get("Mirrors") or ()
    return [
        *([" Insecure Registries:"] if indexes or blocks else ()),
        *[f"  {index['Name']}" for index in indexes.values() if not index["Secure"]],
        *[f"  {block}" for block in blocks],
        *([" Registry Mirrors:"] if mirrors else ()),
        *[f"  {mirror}" for mirror in mirrors],
    ]


def _address_pools(pools: "list[Info] | tuple[()]") -> list[str]:
    lines = [" Default Address Pools:"] if pools else []
    return lines + [f"   Base: {pool['Base']}, Size: {pool['Size']}" for pool in pools]
