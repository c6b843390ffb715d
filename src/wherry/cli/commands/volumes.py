"""``volume create``, ``volume ls`` and ``volume rm``."""

from ..flags import Command, Flag
from ..formats import HELP, Listing, listing_template, quiet_template
from ..formats.units import human_size
from ..options.environment import pairs
from ..options.filters import collect, encode, filter_flag
from ..session import CommandError
from ..texts import label_list, natural
from .lifecycle import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

CREATE = Command(
    "[OPTIONS] [VOLUME]",
    "Create a volume",
    (
        Flag("driver", "string", "Specify volume driver name", short="d", default="local", default_text='"local"'),
        Flag("label", "list", "Set metadata for a volume", parse="environment:label"),
        Flag("name", "string", hidden=True),
        Flag("opt", "map", "Set driver specific options", short="o", default_text="map[]"),
    ),
    maximum=1,
)
LIST = Command(
    "[OPTIONS]",
    "List volumes",
    (
        filter_flag('Provide filter values (e.g. "dangling=true")'),
        Flag("format", "string", HELP),
        Flag("quiet", "bool", "Only display volume names", short="q"),
    ),
    aliases=("volume ls", "volume list"),
)
REMOVE = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
    (Flag("force", "bool", "Force the removal of one or more volumes", short="f"),),
    minimum=1,
    maximum=None,
    aliases=("volume rm", "volume remove"),
)
HEADERS = {
    "Driver": "DRIVER",
    "Labels": "LABELS",
    "Links": "LINKS",
    "Mountpoint": "MOUNTPOINT",
    "Name": "VOLUME NAME",
    "Scope": "SCOPE",
    "Size": "SIZE",
}
CLUSTER_FIELDS = {"Availability": "AVAILABILITY", "Group": "GROUP", "Status": "STATUS"}
LISTING = Listing(
    "*formatter.volumeContext",
    HEADERS | CLUSTER_FIELDS,
    ("Driver", "Name"),
    "name: {{.Name}}\ndriver: {{.Driver}}\n",
    frozenset(("Label",)),
)
UNKNOWN = "N/A"


def create(session: "Session", argv: list[str]) -> int:
    options = CREATE.parse(argv, session.spelled)
    name = options["name"] or ""
    if options.arguments:
        if name:
            raise CommandError("conflicting options: either specify --name or provide positional arg, not both")
        (name,) = options.arguments
    asked = {
        "Driver": options["driver"],
        "DriverOpts": options["opt"],
        "Labels": pairs(options["label"]),
        "Name": name,
    }
    session.out.line(session.client.call("POST", "/volumes/create", body=asked).json()["Name"])
    return 0


def ls(session: "Session", argv: list[str]) -> int:
    options = LIST.parse(argv, session.spelled)
    found = session.client.call("GET", "/volumes", query=encode(collect(options["filter"]))).json()
    volumes = sorted(found.get("Volumes") or (), key=lambda volume: natural(volume["Name"]))
    template = listing_template(session, options, "volumesFormat")
    if options["quiet"]:
        template = quiet_template(template, "name: {{.Name}}")
    LISTING.write(session.out, [fields(volume) for volume in volumes], template)
    return 0


def fields(volume: "dict[str, Any]") -> "Fields":
    """The columns of one volume, each to be computed when asked for."""
    labels = volume.get("Labels") or {}
    usage = volume.get("UsageData") or {"RefCount": -1, "Size": -1}
    return {
        "Driver": lambda: volume["Driver"],
        "Label": lambda name: labels.get(name, ""),
        "Labels": lambda: label_list(labels),
        "Links": lambda: str(usage["RefCount"]) if usage["RefCount"] >= 0 else UNKNOWN,
        "Mountpoint": lambda: volume["Mountpoint"],
        "Name": lambda: volume["Name"],
        "Scope": lambda: volume["Scope"],
        "Size": lambda: human_size(usage["Size"]) if usage["Size"] >= 0 else UNKNOWN,
        **{name: lambda: UNKNOWN for name in CLUSTER_FIELDS},
    }


def remove(session: "Session", argv: list[str]) -> int:
    options = REMOVE.parse(argv, session.spelled)
    query = {"force": "1"} if options["force"] else {}
    pending = (session.client.begin("DELETE", f"/volumes/{name}", query=query) for name in options.arguments)
    return report(session, options.arguments, pending)
