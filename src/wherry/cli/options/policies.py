"""--restart, --rm, the --health-* flags, --log-driver and --log-opt, --storage-opt."""

from ..flags.values import atoi
from .environment import pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

DURATIONS = {
    "health-interval": "Interval",
    "health-timeout": "Timeout",
    "health-start-period": "StartPeriod",
    "health-start-interval": "StartInterval",
}


def settings(options: "Options") -> "dict[str, Any]":
    part: dict[str, Any] = {}
    if health := _health(options):
        part["Healthcheck"] = health
    host: dict[str, Any] = {
        "RestartPolicy": restart_policy(options["restart"], auto_remove=options["rm"]),
        "LogConfig": _logging(options["log-driver"] or "", options["log-opt"]),
    }
    if options.given("storage-opt"):
        if not all("=" in text for text in options["storage-opt"]):
            raise ValueError("invalid storage option")
        host["StorageOpt"] = pairs(options["storage-opt"])
    return {**part, "HostConfig": host}


def restart_policy(text: str, *, auto_remove: bool = False) -> "dict[str, Any]":
    """``name[:maximum]`` as the API's RestartPolicy."""
    name, colon, count = text.partition(":")
    if colon and not name:
        raise ValueError("invalid restart policy format: no policy provided before colon")
    if auto_remove and name not in ("", "no"):
        raise ValueError("Conflicting options: --restart and --rm")
    try:
        return {"Name": name, "MaximumRetryCount": atoi(count or "0")}
    except ValueError:
        raise ValueError("invalid restart policy format: maximum retry count must be an integer") from None


def _logging(driver: str, options: list[str]) -> "dict[str, Any]":
    if driver == "none" and options:
        raise ValueError("invalid logging opts for driver none")
    return {"Type": driver, "Config": pairs(options)}


def _health(options: "Options") -> "dict[str, Any]":
    """The health check that the flags make; {} when they say nothing."""
    numbers = {**{flag: options[flag] or 0 for flag in DURATIONS}, "health-retries": options["health-retries"] or 0}
    if options["no-healthcheck"]:
        if options["health-cmd"] or any(numbers.values()):
            raise ValueError("--no-healthcheck conflicts with --health-* options")
        return {"Test": ["NONE"]}
    for flag, number in numbers.items():
        if number < 0:
            raise ValueError(f"--{flag} cannot be negative")
    keys = {**DURATIONS, "health-retries": "Retries"}
    check: dict[str, Any] = {keys[flag]: number for flag, number in numbers.items() if number}
    if options["health-cmd"]:
        check["Test"] = ["CMD-SHELL", options["health-cmd"]]
    return check
