"""``version``: of the client, and of the engine and its parts."""

from posix import uname
from sys import version_info
from time import asctime

from ...client.connection import CannotConnect
from ...client.request import API_PREFIX
from ...version import VERSION
from ..flags import Command, Flag
from ..formats import INSPECT_HELP, parse_format
from ..formats.tables import align
from ..session import CommandError
from ..texts import go_bool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats.templates import Template
    from ..session import Session

COMMAND = Command(
    "[OPTIONS]",
    "Show the wherry version information",
    (Flag("format", "string", INSPECT_HELP, short="f"),),
)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
NAME_WIDTH, NAME_PADDING = 20, 1


def version(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    parsed = parse_format(options["format"] or "", name="version")
    client, server, problem = client_version(), None, ""
    try:
        server = _with_engine(session.client.call("GET", "/version").json())
    except CannotConnect as error:
        problem = str(error)
    if parsed:
        wrong = _print_template(session, parsed, client, server)
        problem = problem or wrong
    else:
        session.out.write(align(_client_lines(client) + _server_lines(server), NAME_WIDTH, NAME_PADDING))
    if problem:
        raise CommandError(problem)
    return 0


def client_version() -> dict[str, str]:
    """This client, in the fields of Docker's ``Client``; ``GoVersion`` names the interpreter."""
    api_version = API_PREFIX.removeprefix("/v")
    machine = uname().machine
    return {
        "Version": VERSION,
        "ApiVersion": api_version,
        "DefaultAPIVersion": api_version,
        "GoVersion": "python" + ".".join(map(str, version_info[:3])),
        "Os": "linux",
        "Arch": ARCHITECTURES.get(machine, machine),
        "Context": "default",
    }


def _with_engine(server: "dict[str, Any]") -> "dict[str, Any]":
    """The engine's answer, with the engine among its components and the build time as people read it."""
    components = server.setdefault("Components", [])
    details = next((part.setdefault("Details", {}) for part in components if part["Name"] == "Engine"), None)
    if details is None:
        names = ("ApiVersion", "MinAPIVersion", "GitCommit", "GoVersion", "Os", "Arch", "BuildTime")
        details = {name: server.get(name, "") for name in names}
        details["Experimental"] = go_bool(server.get("Experimental"))
        components.append({"Name": "Engine", "Version": server["Version"], "Details": details})
    if details.get("BuildTime"):
        details["BuildTime"] = readable_date(details["BuildTime"])
    return server


def readable_date(text: str) -> str:
    """``2026-08-13T05:35:48.000000000+00:00`` → ``Thu Aug 13 05:35:48 2026``; other texts stay."""
    date, _, clock = text.partition("T")
    try:
        year, month, day = map(int, date.split("-"))
        hour, minute, second = map(int, clock[:8].split(":"))
    except ValueError:
        return text
    return asctime((year, month, day, hour, minute, second, _weekday(year, month, day), 1, 0))


def _weekday(year: int, month: int, day: int) -> int:
    """0 for Monday (Zeller's congruence)."""
    if month < 3:
        year, month = year - 1, month + 12
    return (day + 13 * (month + 1) // 5 + year + year // 4 - year // 100 + year // 400 + 5) % 7


def _client_lines(client: dict[str, str]) -> list[str]:
    return [
        "Client:",
        f" Version:\t{client['Version']}",
        f" API version:\t{client['ApiVersion']}",
        _language_line(" ", client["GoVersion"]),
        f" OS/Arch:\t{client['Os']}/{client['Arch']}",
        f" Context:\t{client['Context']}",
    ]


def _language_line(indent: str, language: str) -> str:
    """What the program runs on: ``Go version`` in front of Docker's engine, ``Python version`` in front of ours."""
    name, number = ("Python", language[6:]) if language.startswith("python") else ("Go", language)
    return f"{indent}{name} version:\t{number}"


def _server_lines(server: "dict[str, Any] | None") -> list[str]:
    if server is None:
        return []
    platform = (server.get("Platform") or {}).get("Name", "")
    lines = ["", f"Server: {platform}" if platform else "Server:"]
    for component in server["Components"]:
        lines.append(f" {component['Name']}:")
        details = component.get("Details") or {}
        if component["Name"] == "Engine":
            lines += _engine_lines(component["Version"], details)
        else:
            lines.append(f"  Version:\t{component['Version']}")
            lines += [f"  {name}:\t{details[name]}" for name in sorted(details)]
    return lines


def _engine_lines(version: str, details: dict[str, str]) -> list[str]:
    lines = [
        f"  Version:\t{version}",
        f"  API version:\t{details['ApiVersion']} (minimum version {details['MinAPIVersion']})",
        _language_line("  ", details["GoVersion"]),
    ]
    lines += [
        f"  {name}:\t{details[key]}"
        for name, key in (("Git commit", "GitCommit"), ("Built", "BuildTime"))
        if details.get(key)
    ]
    lines.append(f"  OS/Arch:\t{details['Os']}/{details['Arch']}")
    lines.append(f"  Experimental:\t{details['Experimental']}")
    return lines


def _print_template(
    session: "Session", parsed: "Template", client: dict[str, str], server: "dict[str, Any] | None"
) -> str:
    """Print the rendered template; what is wrong with it, if anything."""
    from ..formats.shapes import typed
    from ..formats.templates import ExecError

    try:
        session.out.line(parsed.execute(typed("system.versionInfo", {"Client": client, "Server": server})))
    except ExecError as error:
        session.out.line(error.partial)
        return str(error)
    return ""
