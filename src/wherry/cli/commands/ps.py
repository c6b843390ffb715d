"""``ps``: list containers."""

from time import time

from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template
from ..formats.ports import displayed
from ..formats.units import ago, human_size, local_time
from ..options.filters import collect, encode, filter_flag
from ..references import familiar
from ..texts import ellipsis, label_list, quote, short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

COMMAND = Command(
    "[OPTIONS]",
    "List containers",
    (
        Flag("all", "bool", "Show all containers (default shows just running)", short="a"),
        filter_flag(),
        Flag("format", "string", HELP),
        Flag(
            "last",
            "int",
            "Show n last created containers (includes all states)",
            short="n",
            default=-1,
            default_text="-1",
        ),
        Flag("latest", "bool", "Show the latest created container (includes all states)", short="l"),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only display container IDs", short="q"),
        Flag("size", "bool", "Display total file sizes", short="s"),
    ),
    aliases=("container ls", "container list", "container ps", "ps"),
)
HEADERS = {
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "HealthStatus": "HEALTH STATUS",
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Labels": "LABELS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Mounts": "MOUNTS",
    "Names": "NAMES",
    "Networks": "NETWORKS",
    "Ports": "PORTS",
    "RunningFor": "CREATED",
    "Size": "SIZE",
    "State": "STATE",
    "Status": "STATUS",
}
COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
RAW = """container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
"""
COMMAND_WIDTH = 20
MOUNT_WIDTH = 15
HEALTH = ("healthy", "unhealthy", "starting")


def ps(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    quiet, template = options["quiet"], listing_template(session, options, "psFormat")
    listing = listing_of(sizes=options["size"])
    query = encode(collect(options["filter"]))
    last = 1 if options["latest"] and options["last"] == -1 else options["last"]
    if options["all"]:
        query["all"] = "1"
    if last > 0:
        query["limit"] = str(last)
    if options["size"] or (not quiet and listing.fields_used(template, ["Size"])):
        query["size"] = "1"
    containers = session.client.call("GET", "/containers/json", query=query).json()
    rows = [fields(container, trunc=not options["no-trunc"]) for container in containers]
    if quiet:
        _write_ids(session, rows, template)
    else:
        listing.write(session.out, rows, template)
    return 0


def listing_of(*, sizes: bool) -> Listing:
    size = ("Size",) if sizes else ()
    raw = RAW + "size: {{.Size}}\n" if sizes else RAW
    return Listing("*formatter.ContainerContext", HEADERS, (*COLUMNS, *size), raw, frozenset(("Label",)))


def _write_ids(session: "Session", rows: "list[Fields]", template: str) -> None:
    prefix = "container_id: " if template == "raw" else ""
    if template:
        session.err.line("WARNING: Ignoring custom format, because both --format and --quiet are set.")
    for row in rows:
        session.out.line(f"{prefix}{row['ID']()}")


def fields(container: "dict[str, Any]", *, trunc: bool) -> "Fields":
    """The columns of one container of ``GET /containers/json``, each to be computed when asked for."""
    labels = container.get("Labels") or {}
    mounts = container.get("Mounts") or []
    settings = container.get("NetworkSettings") or {}
    return {
        "Command": lambda: quote(ellipsis(container["Command"], COMMAND_WIDTH) if trunc else container["Command"]),
        "CreatedAt": lambda: local_time(container["Created"]),
        "HealthStatus": lambda: _health(container["Status"]),
        "ID": lambda: short_id(container["Id"]) if trunc else container["Id"],
        "Image": lambda: _image(container["Image"], container["ImageID"], trunc),
        "Label": lambda name: labels.get(name, ""),
        "Labels": lambda: label_list(labels),
        "LocalVolumes": lambda: str(sum(mount.get("Driver") == "local" for mount in mounts)),
        "Mounts": lambda: ",".join(_mount(mount, trunc) for mount in mounts),
        "Names": lambda: _names(container["Names"] or [], trunc),
        "Networks": lambda: ",".join(settings.get("Networks") or {}),
        "Ports": lambda: displayed(container["Ports"] or []),
        "RunningFor": lambda: ago(container["Created"], time()),
        "Size": lambda: _size(container.get("SizeRw", 0), container.get("SizeRootFs", 0)),
        "State": lambda: container["State"],
        "Status": lambda: container["Status"],
    }


def _image(name: str, identifier: str, trunc: bool) -> str:
    if not name:
        return "<no image>"
    if not trunc:
        return name
    return short_id(name) if short_id(identifier) == short_id(name) else familiar(name)


def _names(names: list[str], trunc: bool) -> str:
    """All names, or only the container's own: that of a link has two parts."""
    plain = [name.removeprefix("/") for name in names]
    return next((name for name in plain if "/" not in name), "") if trunc else ",".join(plain)


def _mount(mount: dict[str, str], trunc: bool) -> str:
    name = mount.get("Name") or mount["Source"]
    return ellipsis(name, MOUNT_WIDTH) if trunc else name


def _size(written: int, total: int) -> str:
    size = human_size(written, 3)
    return f"{size} (virtual {human_size(total, 3)})" if total > 0 else size


def _health(status: str) -> str:
    """``Up 2 minutes (health: starting)`` → ``starting``."""
    health = status.rpartition("(")[2].removesuffix(")").removeprefix("health: ")
    return health if health in HEALTH else ""
