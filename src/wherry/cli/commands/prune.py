"""``prune`` of the system, builds, containers, images, networks and volumes: remove what nothing uses."""

from ..flags import Command, Flag
from ..formats.units import human_size
from ..options.filters import collect, encode, filter_flag
from ..questions import confirmed
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..flags import Options
    from ..session import Session

    Filters = dict[str, list[str]]


def _filter(example: str) -> Flag:
    return filter_flag(f'Provide filter values (e.g. "{example}")', short="")


FORCE = Flag("force", "bool", "Do not prompt for confirmation", short="f")
SYSTEM = Command(
    "[OPTIONS]",
    "Remove unused data",
    (
        Flag("all", "bool", "Remove all unused images not just dangling ones", short="a"),
        _filter("label=<key>=<value>"),
        FORCE,
        Flag("volumes", "bool", "Prune anonymous volumes"),
    ),
)
BUILDER = Command(
    "[OPTIONS]",
    "Remove build cache",
    (
        Flag("all", "bool", "Remove all unused build cache, not just dangling ones", short="a"),
        _filter("until=24h"),
        FORCE,
        Flag("keep-storage", "bytes", "Amount of disk space to keep for cache"),
    ),
)
CONTAINERS = Command("[OPTIONS]", "Remove all stopped containers", (_filter("until=<timestamp>"), FORCE))
IMAGES = Command(
    "[OPTIONS]",
    "Remove unused images",
    (
        Flag("all", "bool", "Remove all unused images, not just dangling ones", short="a"),
        _filter("until=<timestamp>"),
        FORCE,
    ),
)
NETWORKS = Command("[OPTIONS]", "Remove all unused networks", (_filter("until=<timestamp>"), FORCE))
VOLUMES = Command(
    "[OPTIONS]",
    "Remove unused local volumes",
    (
        Flag("all", "bool", "Remove all unused volumes, not just anonymous ones", short="a"),
        _filter("label=<label>"),
        FORCE,
    ),
)
QUESTION = "Are you sure you want to continue?"


def system(session: "Session", argv: list[str]) -> int:
    options = SYSTEM.parse(argv, session.spelled)
    filters = _filters(session, options)
    if options["volumes"] and "until" in filters:
        raise CommandError('ERROR: The "until" filter is not supported with "--volumes"')
    if not _confirmed(session, options, _system_warning(options, filters)):
        return 0
    parts = ["containers", "networks", *(["volumes"] if options["volumes"] else []), "images", "build"]
    _prune(session, parts, filters, all_images=options["all"])
    return 0


def builder(session: "Session", argv: list[str]) -> int:
    options = BUILDER.parse(argv, session.spelled)
    which = "all build cache" if options["all"] else "all dangling build cache"
    if not _confirmed(session, options, f"WARNING! This will remove {which}. "):
        return 0
    query = _query("build", _filters(session, options), options["all"])
    if options["keep-storage"]:
        query["keep-storage"] = str(options["keep-storage"])
    _report(session, [("build", session.client.call("POST", "/build/prune", query=query).json())])
    return 0


def containers(session: "Session", argv: list[str]) -> int:
    options = CONTAINERS.parse(argv, session.spelled)
    if _confirmed(session, options, "WARNING! This will remove all stopped containers.\n"):
        _prune(session, ["containers"], _filters(session, options), all_images=False)
    return 0


def images(session: "Session", argv: list[str]) -> int:
    options = IMAGES.parse(argv, session.spelled)
    if _confirmed(session, options, f"WARNING! This will remove all {_which_images(options)}.\n"):
        _prune(session, ["images"], _filters(session, options), all_images=options["all"])
    return 0


def networks(session: "Session", argv: list[str]) -> int:
    options = NETWORKS.parse(argv, session.spelled)
    if _confirmed(
        session, options, "WARNING! This will remove all custom networks not used by at least one container.\n"
    ):
        answer = session.client.call("POST", "/networks/prune", query=encode(_filters(session, options))).json()
        session.out.write(
            "".join(f"{line}\n" for line in (*deleted("networks", answer), "")) if answer["NetworksDeleted"] else ""
        )
    return 0


def volumes(session: "Session", argv: list[str]) -> int:
    options = VOLUMES.parse(argv, session.spelled)
    filters = _filters(session, options)
    if options["all"]:
        if "all" in filters:
            raise CommandError("conflicting options: cannot specify both --all and --filter all=1")
        filters["all"] = ["true"]
    which = "all" if options["all"] else "anonymous"
    if _confirmed(
        session, options, f"WARNING! This will remove {which} local volumes not used by at least one container.\n"
    ):
        _prune(session, ["volumes"], filters, all_images=False)
    return 0


def _which_images(options: "Options") -> str:
    return "images without at least one container associated to them" if options["all"] else "dangling images"


def _filters(session: "Session", options: "Options") -> "Filters":
    """Those of the command line, and those of the configuration for what the command line leaves open."""
    filters = collect(options["filter"])
    for key, values in collect(session.config.get("pruneFilters") or []).items():
        filters.setdefault(key, values)
    return filters


def _system_warning(options: "Options", filters: "Filters") -> str:
    lines = [
        "WARNING! This will remove:",
        "  - all stopped containers",
        "  - all networks not used by at least one container",
        *(["  - all anonymous volumes not used by at least one container"] if options["volumes"] else []),
        f"  - all {_which_images(options)}",
        f"  - {'all' if options['all'] else 'unused'} build cache",
        "",
    ]
    given = sorted(f"{key}={value}" for key, values in filters.items() for value in values)
    if given:
        lines += ["  Items to be pruned will be filtered with:", *[f"  - {pair}" for pair in given], ""]
    return "\n".join(lines) + "\n"


def _confirmed(session: "Session", options: "Options", warning: str) -> bool:
    if options["force"]:
        return True
    return confirmed(session, warning + QUESTION)


def _prune(session: "Session", parts: list[str], filters: "Filters", *, all_images: bool) -> None:
    _report(
        session,
        (
            (part, session.client.call("POST", f"/{part}/prune", query=_query(part, filters, all_images)).json())
            for part in parts
        ),
    )


def _report(session: "Session", answers: "Iterable[tuple[str, dict[str, Any]]]") -> None:
    reclaimed = 0
    for part, answer in answers:
        reclaimed += answer.get("SpaceReclaimed", 0)
        lines = deleted(part, answer)
        if lines:
            session.out.write("\n".join(lines) + "\n\n")
    session.out.line(f"Total reclaimed space: {human_size(reclaimed)}")


def _query(part: str, filters: "Filters", all_images: bool) -> dict[str, str]:
    if part == "images":
        return encode({**filters, "dangling": [*filters.get("dangling", ()), "false" if all_images else "true"]})
    if part == "build":
        return {**encode(filters), **({"all": "1"} if all_images else {})}
    return encode(filters)


def deleted(part: str, answer: "dict[str, Any]") -> list[str]:
    """A title and what was removed; nothing when nothing was."""
    title, key = {
        "containers": ("Deleted Containers:", "ContainersDeleted"),
        "networks": ("Deleted Networks:", "NetworksDeleted"),
        "volumes": ("Deleted Volumes:", "VolumesDeleted"),
        "images": ("Deleted Images:", "ImagesDeleted"),
        "build": ("Deleted build cache objects:", "CachesDeleted"),
    }[part]
    items = answer.get(key) or []
    if part == "images":
        items = [
            f"untagged: {item['Untagged']}" if item.get("Untagged") else f"deleted: {item['Deleted']}" for item in items
        ]
    return [title, *items] if items else []
