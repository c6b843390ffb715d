"""Health checks: what they execute, when, and what a result makes of a container (moby ``daemon/health.go``)."""

from typing import Final

from msgspec.structs import replace

from wherry.model.container import Container, ContainerSpec
from wherry.model.health import Health, HealthStatus, Probe
from wherry.model.image import Healthcheck
from wherry.plan.timestamps import SECOND, duration_text

MAX_OUTPUT: Final = 4096
"""Bytes of a probe's output that are kept."""

_INTERVAL: Final = 30 * SECOND
_TIMEOUT: Final = 30 * SECOND
_START_INTERVAL: Final = 5 * SECOND
_RETRIES: Final = 3
_PROBES_KEPT: Final = 5
_SHELL: Final = ("/bin/sh", "-c")


def command(spec: ContainerSpec) -> tuple[str, ...]:
    """What the health check executes, () if there is none."""
    kind, *words = spec.healthcheck.test if spec.healthcheck and spec.healthcheck.test else ("NONE",)
    if kind == "CMD":
        return tuple(words)
    return (*(spec.shell or _SHELL), *words) if kind == "CMD-SHELL" else ()


def started(container: Container) -> Health | None:
    """The health of a container that begins to run; its last probes are kept."""
    if not command(container.spec):
        return None
    return replace(container.state.health or Health(), status=HealthStatus.STARTING, failing_streak=0)


def unwatched(container: Container) -> Health | None:
    """The health of a container that ended or is paused: unhealthy, as nothing else is known."""
    health = container.state.health
    return health and replace(health, status=HealthStatus.UNHEALTHY)


def wait(container: Container, now: int, age: int) -> float:
    """Seconds from ``now`` to the next probe of one that has run for ``age`` nanoseconds: an interval after the last
    one, or after the start; and never more than an interval, should the clock have been set back."""
    last = max((probe.end for probe in _health(container).log), default=0)
    interval = _interval(container, age)
    due = max(last, container.state.started_at) + interval
    return min(max(due - now, 0), interval) / SECOND


def timeout(spec: ContainerSpec) -> float:
    """Seconds that a probe may take."""
    return (_check(spec).timeout or _TIMEOUT) / SECOND


def timed_out(spec: ContainerSpec, said: str) -> str:
    """The output of a probe that took too long, after what it said."""
    text = f"Health check exceeded timeout ({duration_text(_check(spec).timeout or _TIMEOUT)})"
    return f"{text}: {said}" if said else text


def probed(container: Container, probe: Probe, age: int) -> Health:
    """The health after a probe that began when the container had run for ``age`` nanoseconds."""
    before = _health(container)
    health = replace(before, log=(*before.log, probe)[-_PROBES_KEPT:])
    if probe.exit_code == 0:
        return replace(health, status=HealthStatus.HEALTHY, failing_streak=0)
    if before.status is HealthStatus.STARTING and _in_start_period(container, age):
        return health
    streak = health.failing_streak + 1
    if streak >= (_check(container.spec).retries or _RETRIES):
        return replace(health, status=HealthStatus.UNHEALTHY, failing_streak=streak)
    return replace(health, failing_streak=streak)


def _interval(container: Container, age: int) -> int:
    check = _check(container.spec)
    if _health(container).status is HealthStatus.STARTING and _in_start_period(container, age):
        return check.start_interval or _START_INTERVAL
    return check.interval or _INTERVAL


def _in_start_period(container: Container, age: int) -> bool:
    return age < _check(container.spec).start_period


def _health(container: Container) -> Health:
    return container.state.health or Health()


def _check(spec: ContainerSpec) -> Healthcheck:
    return spec.healthcheck or Healthcheck()
