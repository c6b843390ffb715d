"""``stats``: what containers use, once or again and again."""

import time

from ...client.connection import ApiError
from ..flags import Command, Flag
from ..formats import HELP, Listing
from ..formats.units import bytes_size, human_size
from ..texts import short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options
    from ..formats import Fields
    from ..session import Session

    Json = dict[str, Any]

COMMAND = Command(
    "[OPTIONS] [CONTAINER...]",
    "Display a live stream of container(s) resource usage statistics",
    (
        Flag("all", "bool", "Show all containers (default shows just running)", short="a"),
        Flag("format", "string", HELP),
        Flag("no-stream", "bool", "Disable streaming stats and only pull the first result"),
        Flag("no-trunc", "bool", "Do not truncate output"),
    ),
    maximum=None,
    aliases=("container stats", "stats"),
)
LISTING = Listing(
    "*container.statsContext",
    {
        "BlockIO": "BLOCK I/O",
        "CPUPerc": "CPU %",
        "Container": "CONTAINER",
        "ID": "CONTAINER ID",
        "MemPerc": "MEM %",
        "MemUsage": "MEM USAGE / LIMIT",
        "Name": "NAME",
        "NetIO": "NET I/O",
        "PIDs": "PIDS",
    },
    ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"),
    "raw",
)
CLEAR_SCREEN = "\033[2J\033[H"
INTERVAL = 1.0
UNKNOWN = "--"


def stats(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    template = options["format"] or session.config.get("statsFormat", "")
    for name in options.arguments:
        session.client.call("GET", f"/containers/{name}/json")
    if options["no-stream"]:
        _show(session, options, template, _usages(session, _names(session, options)))
    else:
        _stream(session, options, template)
    return 0


def _names(session: "Session", options: "Options") -> list[str]:
    """The containers named, or those that there are now."""
    if options.arguments:
        return options.arguments
    query = {"all": "1"} if options["all"] else None
    listed = session.client.call("GET", "/containers/json", query=query).json()
    return [short_id(container["Id"]) for container in listed]


def _stream(session: "Session", options: "Options", template: str) -> None:
    """A table a second, each over the last, until somebody ends it or nothing is left of what was named."""
    names = _names(session, options)
    while names or not options.arguments:
        began = time.monotonic()
        usages = _usages(session, names)
        session.out.write(CLEAR_SCREEN)
        _show(session, options, template, usages)
        session.out.flush()
        left = [name for name, usage in usages if usage]
        names = left if options.arguments else _names(session, options)
        time.sleep(max(began + INTERVAL - time.monotonic(), 0))


def _usages(session: "Session", names: list[str]) -> "list[tuple[str, Json | None]]":
    """The usage of each container within a second, all of them in the same; None for one that is gone."""
    query = {"stream": "0"}
    pending = [(name, session.client.begin("GET", f"/containers/{name}/stats", query=query)) for name in names]
    found: list[tuple[str, Json | None]] = []
    for name, request in pending:
        try:
            found.append((name, request.response().json()))
        except ApiError:
            found.append((name, None))
    return found


def _show(session: "Session", options: "Options", template: str, usages: "list[tuple[str, Json | None]]") -> None:
    rows = [_fields(name, usage, trunc=not options["no-trunc"]) for name, usage in usages]
    LISTING.write(session.out, rows, template)


def _fields(name: str, usage: "Json | None", *, trunc: bool) -> "Fields":
    """The columns of one container; of one that is gone, dashes."""
    if usage is None:
        absent: Fields = dict.fromkeys(LISTING.headers, lambda: UNKNOWN)
        return absent | {"Container": lambda: name, "MemUsage": lambda: f"{UNKNOWN} / {UNKNOWN}"}
    identifier, memory = usage.get("id", ""), usage["memory_stats"]
    used, limit = _memory(memory), memory.get("limit", 0)
    return {
        "BlockIO": lambda: _pair(*_block(usage)),
        "CPUPerc": lambda: f"{_cpu_percent(usage):.2f}%",
        "Container": lambda: name,
        "ID": lambda: short_id(identifier) if trunc else identifier,
        "MemPerc": lambda: f"{used / limit * 100 if limit else 0.0:.2f}%",
        "MemUsage": lambda: f"{bytes_size(used)} / {bytes_size(limit)}",
        "Name": lambda: usage.get("name", "").removeprefix("/") or UNKNOWN,
        "NetIO": lambda: _pair(*_network(usage)),
        "PIDs": lambda: str(usage["pids_stats"].get("current", 0)),
    }


def _pair(one: int, other: int) -> str:
    return f"{human_size(one, 3)} / {human_size(other, 3)}"


def _cpu_percent(usage: "Json") -> float:
    """Of one processor; what all do at once is so many times 100 %."""
    now, before = usage["cpu_stats"], usage["precpu_stats"]
    spent = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    passed = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    processors = now.get("online_cpus", 0) or len(now["cpu_usage"].get("percpu_usage") or ())
    return spent / passed * processors * 100 if spent > 0 and passed > 0 else 0.0


def _memory(memory: "Json") -> int:
    """Without the page cache that can be given back at once."""
    usage: int = memory.get("usage", 0)
    details = memory.get("stats") or {}
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    return usage - cached if cached < usage else usage


def _network(usage: "Json") -> tuple[int, int]:
    counted = (usage.get("networks") or {}).values()
    return sum(each["rx_bytes"] for each in counted), sum(each["tx_bytes"] for each in counted)


def _block(usage: "Json") -> tuple[int, int]:
    entries = usage["blkio_stats"]["io_service_bytes_recursive"] or ()
    read = sum(entry["value"] for entry in entries if entry["op"].lower() == "read")
    return read, sum(entry["value"] for entry in entries if entry["op"].lower() == "write")
