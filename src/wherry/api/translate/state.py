"""A container's state in Docker's words."""

from msgspec import UNSET

from wherry.api.translate.times import age, rfc3339
from wherry.model.container import Container, Pending, Status
from wherry.model.health import Health, HealthStatus
from wherry.plan.filters.containers import state_name
from wherry.wire import container as wire


def state(container: Container) -> wire.State:
    """``State`` of an inspection."""
    now = container.state
    return wire.State(
        status=state_name(container),
        running=now.alive or now.status is Status.RESTARTING,
        paused=now.status is Status.PAUSED,
        restarting=now.status is Status.RESTARTING,
        oom_killed=now.oom_killed,
        dead=now.status is Status.DEAD,
        pid=now.process.pid if now.alive and now.process else 0,
        exit_code=now.exit_code,
        error=now.error,
        started_at=rfc3339(now.started_at),
        finished_at=rfc3339(now.finished_at),
        health=_health(now.health) if now.health else UNSET,
    )


def status_text(container: Container, now: int) -> str:
    """``Status`` of a summary; ``now`` in ns since the epoch."""
    state = container.state
    up, ended = age(now - state.started_at), age(now - state.finished_at)
    if state.status is Status.RUNNING:
        return f"Up {up} ({_fitness(state.health)})" if state.health else f"Up {up}"
    if state.status is Status.PAUSED:
        return f"Up {up} (Paused)"
    if state.status is Status.RESTARTING:
        return f"Restarting ({state.exit_code}) {ended} ago"
    if state.pending is Pending.REMOVING:
        return "Removal In Progress"
    if state.status is Status.DEAD:
        return "Dead"
    if not state.started_at:
        return "Created"
    return f"Exited ({state.exit_code}) {ended} ago" if state.finished_at else ""


def _health(health: Health) -> wire.Health:
    return wire.Health(
        status=health.status,
        failing_streak=health.failing_streak,
        log=[
            wire.HealthResult(
                start=rfc3339(probe.start), end=rfc3339(probe.end), exit_code=probe.exit_code, output=probe.output
            )
            for probe in health.log
        ],
    )


def _fitness(health: Health) -> str:
    return "health: starting" if health.status is HealthStatus.STARTING else health.status
