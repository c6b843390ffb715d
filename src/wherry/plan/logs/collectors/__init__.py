"""Log drivers that forward lines to a server or to a plugin: what their options mean, in dockerd's words (moby
``daemon/logger``)."""

from collections.abc import Callable
from typing import Final

from wherry.model.collector import Collector
from wherry.model.container import Container, LogConfig
from wherry.plan.logs.collectors import fluentd, gelf, plugins, splunk, syslog
from wherry.plan.logs.refusals import refusal

# Lambdas, since the modules are loaded when they are first used.
_CHECKS: Final[dict[str, Callable[[dict[str, str]], object]]] = {
    "fluentd": lambda options: fluentd.check(options),
    "gelf": lambda options: gelf.check(options),
    "splunk": lambda options: splunk.check(options),
    "syslog": lambda options: syslog.check(options),
}
_PLANS: Final[dict[str, Callable[[Container], Collector]]] = {
    "fluentd": lambda container: fluentd.plan(container),
    "gelf": lambda container: gelf.plan(container),
    "splunk": lambda container: splunk.plan(container),
    "syslog": lambda container: syslog.plan(container),
}
DRIVERS: Final = frozenset(_PLANS)
_STAYING: Final = frozenset(("journald", "json-file", "local", "none"))


def is_plugin(driver: str) -> bool:
    """Any name that is no driver's is one of a plugin, which may be there or not."""
    return driver not in DRIVERS and driver not in _STAYING


def forwards(driver: str) -> bool:
    """Whether lines go elsewhere, and a copy of them stays."""
    return driver not in _STAYING


def check(log: LogConfig) -> None:
    """ValueError for options that the driver does not have or that make no sense; a plugin says so itself when it is
    started. ``log`` has a driver that ``forwards``; the options of its local copy are another's business."""
    if log.driver in _CHECKS:
        _CHECKS[log.driver](log.options)


def collector(container: Container) -> Collector | None:
    """Where the container's lines go, None where they stay. InternalError (of a start) for what makes no sense."""
    driver = container.spec.host.log.driver
    if not forwards(driver):
        return None
    try:
        return _PLANS.get(driver, plugins.plan)(container)
    except ValueError as error:
        raise refusal(error) from None


def retry_delay(first: float, failures: int) -> float:
    """Seconds to wait after so many ``failures`` in a row: longer each time, half a minute at most."""
    return min(first * 1.5 ** min(failures - 1, 20), max(first, 30.0))
