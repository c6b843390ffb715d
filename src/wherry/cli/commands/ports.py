"""``port``: where a container's ports are published."""

from ..flags import Command
from ..formats.ports import joined
from ..session import CommandError
from ..texts import natural, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..session import Session

COMMAND = Command(
    "CONTAINER [PRIVATE_PORT[/PROTO]]",
    "List port mappings or a specific mapping for the container",
    minimum=1,
    maximum=2,
    aliases=("container port", "port"),
)
MAX_PORT = 65535


def port(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    name, *asked = options.arguments
    ports = session.client.call("GET", f"/containers/{name}/json").json()["NetworkSettings"]["Ports"] or {}
    if asked:
        number, _, protocol = asked[0].partition("/")
        _check(number)
        bindings = ports.get(f"{number}/{protocol or 'tcp'}")
        if not bindings:
            raise CommandError(f"Error: No public port '{asked[0]}' published for {name}")
        lines = [joined(binding["HostIp"], binding["HostPort"]) for binding in bindings]
    else:
        lines = [
            f"{inner} -> {joined(binding['HostIp'], binding['HostPort'])}"
            for inner, bindings in ports.items()
            for binding in bindings or ()
        ]
    for line in sorted(lines, key=natural):
        session.out.line(line)
    return 0


def _check(number: str) -> None:
    if not number.isdecimal() or int(number) > MAX_PORT:
        problem = "value out of range" if number.isdecimal() else "invalid syntax"
        raise CommandError(f"Error: invalid port ({number}): strconv.ParseUint: parsing {quote(number)}: {problem}")
