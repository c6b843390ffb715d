"""Which log drivers there are and what may be said to them, in dockerd's words (moby ``daemon/logger``)."""

from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.container import LogConfig
from wherry.model.host import HostFacts
from wherry.plan.go_values import parse_bool, read_size
from wherry.plan.logs import collectors
from wherry.plan.logs.refusals import refusal

_MODE_OPTIONS: Final = frozenset(("mode", "max-buffer-size"))
_CACHE_OPTIONS: Final = frozenset(("cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"))
_JOURNALD_OPTIONS: Final = frozenset(("labels", "labels-regex", "env", "env-regex", "tag"))
_LOCAL_OPTIONS: Final = frozenset(("max-file", "max-size", "compress"))
_OWN_OPTIONS: Final = {
    "journald": _JOURNALD_OPTIONS,
    "json-file": _JOURNALD_OPTIONS | _LOCAL_OPTIONS,
    "local": _LOCAL_OPTIONS,
    "none": frozenset[str](),
}
DRIVERS: Final = frozenset(_OWN_OPTIONS) | collectors.DRIVERS


def merged(asked: LogConfig, default: LogConfig) -> LogConfig:
    """The driver that was asked for or the default one, and under its options those that the default one has; of
    another's only what is said of the local copy."""
    driver = asked.driver or default.driver
    same = driver == default.driver
    inherited = {name: value for name, value in default.options.items() if same or name in _CACHE_OPTIONS}
    return LogConfig(driver=driver, options={**inherited, **asked.options} if driver != "none" else asked.options)


def check(log: LogConfig) -> None:
    """Raise InvalidArgument for options that the driver does not have; whether there is a plugin of its name is for who
    knows them."""
    if log.driver == "none":
        return
    _check_mode(log.options)
    if parse_bool(log.options.get("cache-disabled") or "false") is None:
        raise InvalidArgument(f"invalid value for option cache-disabled: {log.options['cache-disabled']}")
    common = _MODE_OPTIONS | _CACHE_OPTIONS
    own = {name: value for name, value in log.options.items() if name not in common}
    try:
        _check_own(LogConfig(driver=log.driver, options=own))
    except ValueError as error:
        raise InvalidArgument(str(error)) from None


def is_readable(log: LogConfig) -> bool:
    """Whether the container's lines can be read here."""
    forgotten = collectors.forwards(log.driver) and parse_bool(log.options.get("cache-disabled") or "false")
    return log.driver != "none" and not forgotten


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


def _check_own(log: LogConfig) -> None:
    """ValueError."""
    if collectors.forwards(log.driver):
        collectors.check(log)
        return
    for option in log.options:
        if option not in _OWN_OPTIONS[log.driver]:
            name = "log driver local" if log.driver == "local" else f"{log.driver} log driver"
            raise ValueError(f"unknown log opt '{option}' for {name}")


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
