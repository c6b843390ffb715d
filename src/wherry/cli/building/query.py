"""The options of ``build`` as the query of ``POST /build``, and the credentials that go with it."""

from ...client.jsonlite import dumps
from ..config.credentials import encoded, lookup
from ..options.environment import pairs, proxy_variables
from ..session import getenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..flags import Options
    from ..session import Session
    from .context import Context

    Query = dict[str, str | list[str]]

PROGRESS = "wherry.progress"
SWITCHES = {"no-cache": "nocache", "pull": "pull", "force-rm": "forcerm", "squash": "squash", "quiet": "q"}
TEXTS = {
    "cgroup-parent": "cgroupparent",
    "cpuset-cpus": "cpusetcpus",
    "cpuset-mems": "cpusetmems",
    "isolation": "isolation",
    "network": "networkmode",
    "target": "target",
}
NUMBERS = {
    "cpu-period": "cpuperiod",
    "cpu-quota": "cpuquota",
    "cpu-shares": "cpushares",
    "memory": "memory",
    "memory-swap": "memswap",
    "shm-size": "shmsize",
}


def build_query(session: "Session", options: "Options", context: "Context") -> "Query":
    query: Query = {"version": "1", PROGRESS: "1", "rm": "1" if options["rm"] else "0"}
    query |= {key: "1" for name, key in SWITCHES.items() if options[name]}
    query |= {key: options[name] for name, key in TEXTS.items() if options[name]}
    query |= {key: str(options[name]) for name, key in NUMBERS.items() if options[name]}
    query |= {key: value for key, value in (("t", options["tag"]), ("extrahosts", options["add-host"])) if value}
    values = {
        "buildargs": _arguments(session, options),
        "labels": pairs(options["label"]),
        "cachefrom": _separated(options["cache-from"]),
        "securityopt": _separated(options["security-opt"]),
        "ulimits": options["ulimit"],
    }
    query |= {key: dumps(value).decode() for key, value in values.items() if value}
    if platform := options["platform"] or getenv("DOCKER_DEFAULT_PLATFORM"):
        query["platform"] = platform
    if context.dockerfile:
        query["dockerfile"] = context.dockerfile
    if context.remote:
        query["remote"] = context.remote
    return query


def auth_headers(session: "Session") -> dict[str, str]:
    """``X-Registry-Config``: the credentials of every registry that the configuration knows."""
    keys = {**(session.config.get("auths") or {}), **(session.config.get("credHelpers") or {})}
    found = {key: known for key in keys if (known := lookup(session, key))}
    return {"X-Registry-Config": encoded(found)} if found else {}


def _arguments(session: "Session", options: "Options") -> dict[str, str | None]:
    """``--build-arg``: None for a name that has no value here; and the configured proxies."""
    split = [text.partition("=") for text in options["build-arg"]]
    given: dict[str, str | None] = {name: value if equals else None for name, equals, value in split}
    return {**proxy_variables(session.proxies), **given}


def _separated(texts: list[str]) -> list[str]:
    return [part for text in texts for part in text.split(",") if part]
