"""Which log drivers there are and what may be said to them, in dockerd's words (moby ``daemon/logger``)."""

from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.container import LogConfig
from wherry.model.host import HostFacts
from wherry.plan.go_values import read_size
from wherry.plan.logs.limits import refusal

_JSON_FILE_OPTIONS: Final = frozenset(
    (
        *("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
        *("mode", "max-buffer-size"),
    )
)
_LOCAL_OPTIONS: Final = frozenset(("max-file", "max-size", "compress", "mode", "max-buffer-size"))
_JOURNALD_OPTIONS: Final = _JSON_FILE_OPTIONS - {"max-file", "max-size", "compress"}
DRIVERS: Final = {
    "journald": _JOURNALD_OPTIONS,
    "json-file": _JSON_FILE_OPTIONS,
    "local": _LOCAL_OPTIONS,
    "none": frozenset[str](),
}


def merged(asked: LogConfig, default: LogConfig) -> LogConfig:
    """The driver that was asked for or the default one, and under its options those that the default one has."""
    driver = asked.driver or default.driver
    inherited = default.options if driver == default.driver else {}
    return LogConfig(driver=driver, options={**inherited, **asked.options})


def check(log: LogConfig) -> None:
    """Raise InvalidArgument for a driver that there is none of, and for options that it does not have."""
    if log.driver not in DRIVERS:
        raise InvalidArgument(f'error looking up logging plugin {log.driver}: plugin "{log.driver}" not found')
    for option in log.options:
        if option not in DRIVERS[log.driver]:
            name = "log driver local" if log.driver == "local" else f"{log.driver} log driver"
            raise InvalidArgument(f"unknown log opt '{option}' for {name}")
    _check_mode(log.options)


def check_host(log: LogConfig, facts: HostFacts) -> None:
    """Raise InternalError, when a container starts, for a driver that this host does not have."""
    if log.driver == "journald" and not facts.journald:
        raise refusal(ValueError("journald is not enabled on this host"))


def check_default(log: LogConfig) -> None:
    """Raise InvalidArgument for options that the daemon's own driver does not have; whether there is such a driver is
    found out when a container asks for it, as with dockerd."""
    if log.driver in DRIVERS:
        try:
            check(log)
        except InvalidArgument as error:
            raise InvalidArgument(f"failed to set log opts: {error}") from None


def _check_mode(options: dict[str, str]) -> None:
    """Writing never waits for the log, whatever the mode is."""
    mode = options.get("mode", "blocking")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidArgument(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" not in options:
        return
    if mode != "non-blocking":
        raise InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
    try:
        read_size(options["max-buffer-size"])
    except ValueError as error:
        raise InvalidArgument(f"error parsing option max-buffer-size: {error}") from None
