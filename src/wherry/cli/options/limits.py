"""--ulimit, --sysctl, --memory-swappiness."""

from ..flags.values import parse_decimal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

ULIMITS = frozenset(
    [
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ]
)
SYSCTLS = frozenset(
    [
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ]
)
SYSCTL_PREFIXES = ("net.", "fs.mqueue.")
UNLIMITED = -1


def settings(options: "Options") -> "dict[str, Any]":
    host: dict[str, Any] = {}
    if options.given("ulimit"):
        by_name = {limit["Name"]: limit for limit in options["ulimit"]}
        host["Ulimits"] = [by_name[name] for name in sorted(by_name)]
    if options.given("sysctl"):
        host["Sysctls"] = options["sysctl"]
    if options.given("memory-swappiness"):
        swappiness = options["memory-swappiness"]
        if not -1 <= swappiness <= 100:
            raise ValueError(f"invalid value: {swappiness}. Valid memory swappiness range is 0-100")
        host["MemorySwappiness"] = swappiness
    return {"HostConfig": host}


def ulimit(text: str) -> "dict[str, Any]":
    """``type=soft[:hard]`` as the API's Ulimit."""
    name, equals, values = text.partition("=")
    if not equals:
        raise ValueError(f"invalid ulimit argument: {text}")
    if name not in ULIMITS:
        raise ValueError(f"invalid ulimit type: {name}")
    numbers = values.split(":")
    if len(numbers) > 2:
        raise ValueError(f"too many limit value arguments - {values}, can only have up to two, `soft[:hard]`")
    soft, hard = parse_decimal(numbers[0]), parse_decimal(numbers[-1])
    if hard != UNLIMITED and soft == UNLIMITED:
        raise ValueError(
            f"ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {hard}"
        )
    if hard != UNLIMITED and soft > hard:
        raise ValueError(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    return {"Name": name, "Hard": hard, "Soft": soft}


def sysctl(text: str) -> str:
    """``key=value`` of a kernel parameter that a namespace has for itself."""
    key, equals, _ = text.partition("=")
    if not equals or not (key in SYSCTLS or key.startswith(SYSCTL_PREFIXES)):
        raise ValueError(f"sysctl '{text}' is not allowed")
    return text
