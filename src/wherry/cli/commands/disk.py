"""``system df``: what images, containers, volumes and the build cache take, and could give back."""

from time import time

from ..flags import Command, Flag
from ..formats import HELP, Listing, parse
from ..formats.units import ago, go_time, human_size
from ..session import CommandError
from ..texts import SHORT_ID, go_bool
from . import images, ps, volumes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

    Item = dict[str, Any]

COMMAND = Command(
    "[OPTIONS]",
    "Show wherry disk usage",
    (
        Flag("format", "string", HELP),
        Flag("verbose", "bool", "Show detailed information on space usage", short="v"),
    ),
)
SUMMARY = Listing(
    "*formatter.diskUsageImagesContext",
    {"Active": "ACTIVE", "Reclaimable": "RECLAIMABLE", "Size": "SIZE", "TotalCount": "TOTAL", "Type": "TYPE"},
    ("Type", "TotalCount", "Active", "Size", "Reclaimable"),
    "type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n",
)
IMAGES = Listing(
    "*formatter.imageContext",
    images.HEADERS,
    ("Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"),
    "",
)
CONTAINERS = Listing(
    "*formatter.ContainerContext",
    ps.HEADERS,
    ("ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"),
    "",
)
VOLUMES = Listing("*formatter.volumeContext", volumes.HEADERS, ("Name", "Links", "Size"), "")
CACHE_HEADERS = {
    "ID": "CACHE ID",
    "CacheType": "CACHE TYPE",
    "Size": "SIZE",
    "CreatedSince": "CREATED",
    "LastUsedSince": "LAST USED",
    "UsageCount": "USAGE",
    "Shared": "SHARED",
}
CACHE = Listing("*formatter.buildCacheContext", CACHE_HEADERS, tuple(CACHE_HEADERS), "")
ACTIVE_STATES = ("running", "paused", "restarting")


def df(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    template = options["format"] or ""
    usage = session.client.call("GET", "/system/df").json()
    if not options["verbose"]:
        SUMMARY.write(session.out, summaries(usage), template)
    elif template in ("", "table"):
        _write_details(session, usage)
    else:
        _write_template(session, usage, "{{json .}}" if template == "json" else template)
    return 0


def summaries(usage: "Item") -> "list[Fields]":
    """One row a kind of thing."""
    return [
        _image_summary(usage.get("Images") or [], usage.get("LayersSize", 0)),
        _container_summary(usage.get("Containers") or []),
        _volume_summary(usage.get("Volumes") or []),
        _cache_summary(usage.get("BuildCache") or []),
    ]


def _summary(kind: str, total: int, active: int, size: int, free: int, *, share: bool = True) -> "Fields":
    reclaimable = f"{human_size(free)} ({free * 100 // size}%)" if share and size > 0 else human_size(free)
    return {
        "Active": lambda: str(active),
        "Reclaimable": lambda: reclaimable,
        "Size": lambda: human_size(size),
        "TotalCount": lambda: str(total),
        "Type": lambda: kind,
    }


def _image_summary(found: "list[Item]", size: int) -> "Fields":
    used = sum(
        image["Size"] - image["SharedSize"] for image in found if image["Containers"] and image["SharedSize"] != -1
    )
    active = sum(image["Containers"] > 0 for image in found)
    return _summary("Images", len(found), active, size, size - used)


def _container_summary(found: "list[Item]") -> "Fields":
    size = sum(container.get("SizeRw", 0) for container in found)
    idle = [container for container in found if container["State"] not in ACTIVE_STATES]
    free = sum(container.get("SizeRw", 0) for container in idle)
    return _summary("Containers", len(found), len(found) - len(idle), size, free)


def _volume_summary(found: "list[Item]") -> "Fields":
    sizes = [(usage["RefCount"], max(0, usage["Size"])) for usage in (volume["UsageData"] for volume in found)]
    size = sum(size for _, size in sizes)
    free = sum(size for links, size in sizes if not links)
    return _summary("Local Volumes", len(found), sum(links > 0 for links, _ in sizes), size, free)


def _cache_summary(found: "list[Item]") -> "Fields":
    size = sum(entry["Size"] for entry in found if not entry["Shared"])
    used = sum(entry["Size"] for entry in found if entry["InUse"] and not entry["Shared"])
    return _summary("Build Cache", len(found), sum(entry["InUse"] for entry in found), size, size - used, share=False)


def _details(usage: "Item", *, trunc: bool) -> "dict[str, list[Fields]]":
    return {
        "Images": [_image_row(image, trunc) for image in usage.get("Images") or ()],
        "Containers": [ps.fields({**each, "SizeRootFs": 0}, trunc=trunc) for each in usage.get("Containers") or ()],
        "Volumes": [volumes.fields(volume) for volume in usage.get("Volumes") or ()],
        "BuildCache": [_cache_row(entry, trunc) for entry in usage.get("BuildCache") or ()],
    }


def _image_row(image: "Item", trunc: bool) -> "Fields":
    """An image has one line here, under its first name."""
    tagged = {**image, "RepoTags": (image.get("RepoTags") or [])[:1], "RepoDigests": []}
    repository, tag, _ = images.names(tagged, wants_digests=False, all_digests=False)[0]
    return images.fields(image, repository, tag, "", trunc=trunc)


def _cache_row(entry: "Item", trunc: bool) -> "Fields":
    short = entry["ID"][:SHORT_ID] if trunc else entry["ID"]
    return {
        "CacheType": lambda: entry["Type"],
        "CreatedAt": lambda: go_time(entry["CreatedAt"]),
        "CreatedSince": lambda: _since(entry["CreatedAt"]),
        "Description": lambda: entry.get("Description", ""),
        "ID": lambda: short + "*" if entry["InUse"] else short,
        "InUse": lambda: go_bool(entry["InUse"]),
        "LastUsedAt": lambda: go_time(entry["LastUsedAt"]) if entry.get("LastUsedAt") else "",
        "Parent": lambda: ", ".join(entry.get("Parents") or ()) or entry.get("Parent", ""),
        "LastUsedSince": lambda: _since(entry.get("LastUsedAt")),
        "Shared": lambda: go_bool(entry["Shared"]),
        "Size": lambda: human_size(entry["Size"], 3),
        "UsageCount": lambda: str(entry["UsageCount"]),
    }


def _since(text: str | None) -> str:
    from datetime import datetime

    return ago(datetime.fromisoformat(text).timestamp(), time()) if text else ""


def _write_details(session: "Session", usage: "Item") -> None:
    rows, out = _details(usage, trunc=True), session.out
    cache_size = sum(entry["Size"] for entry in usage.get("BuildCache") or () if not entry["Shared"])
    for title, listing, key in (
        ("Images space usage:", IMAGES, "Images"),
        ("\nContainers space usage:", CONTAINERS, "Containers"),
        ("\nLocal Volumes space usage:", VOLUMES, "Volumes"),
        (f"\nBuild cache usage: {human_size(cache_size)}", CACHE, "BuildCache"),
    ):
        out.line(f"{title}\n")
        out.write(listing.table(rows[key]))


def _write_template(session: "Session", usage: "Item", template: str) -> None:
    from ..formats.templates import ExecError
    from ..formats.templates.values import Row, Struct

    kinds = {"Images": IMAGES, "Containers": CONTAINERS, "Volumes": VOLUMES, "BuildCache": CACHE}
    labelled = frozenset(("Label",))
    details = {
        key: [Row(kinds[key].type_name, row, labelled) for row in rows]
        for key, rows in _details(usage, trunc=False).items()
    }
    try:
        session.out.write(parse(template).execute(Struct("*formatter.diskUsageContext", dict(details), details)))
    except ExecError as error:
        raise CommandError(str(error)) from None
