"""Log drivers that forward lines to a server: what their options mean, in dockerd's words (moby ``daemon/logger``)."""

from collections.abc import Callable
from typing import Final

from wherry.model.collector import Collector
from wherry.model.container import Container, LogConfig
from wherry.plan.logs.collectors import fluentd, gelf, syslog
from wherry.plan.logs.refusals import refusal

# Lambdas, since the modules are loaded when they are first used.
_CHECKS: Final[dict[str, Callable[[dict[str, str]], object]]] = {
    "fluentd": lambda options: fluentd.check(options),
    "gelf": lambda options: gelf.check(options),
    "syslog": lambda options: syslog.check(options),
}
_PLANS: Final[dict[str, Callable[[Container], Collector]]] = {
    "fluentd": lambda container: fluentd.plan(container),
    "gelf": lambda container: gelf.plan(container),
    "syslog": lambda container: syslog.plan(container),
}
DRIVERS: Final = frozenset(_PLANS)


def check(log: LogConfig) -> None:
    """ValueError for options that the driver does not have or that make no sense. ``log`` has one of ``DRIVERS``; the
    options of its local copy are another's business."""
    _CHECKS[log.driver](log.options)


def collector(container: Container) -> Collector | None:
    """Where the container's lines go, None where they stay. InternalError (of a start) for what makes no sense."""
    make = _PLANS.get(container.spec.host.log.driver)
    if make is None:
        return None
    try:
        return make(container)
    except ValueError as error:
        raise refusal(error) from None


def retry_delay(first: float, failures: int) -> float:
    """Seconds to wait after so many ``failures`` in a row: longer each time, half a minute at most."""
    return min(first * 1.5 ** min(failures - 1, 20), max(first, 30.0))
