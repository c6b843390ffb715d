"""Whether and when a container that ended is started again (``--restart``)."""

from wherry.model.container import Container, Status
from wherry.model.launch import Exit

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 60.0
_SETTLED = 10_000_000_000  # ns: one that ran this long begins with the first delay again


def wanted(container: Container, how: Exit) -> bool:
    """Whether the policy asks for a restart after this end."""
    policy = container.spec.host.restart
    state = container.state
    if state.stopped_by_user:
        return False
    if policy.name == "on-failure":
        return how.code != 0 and (not policy.maximum or state.restart_count < policy.maximum)
    return policy.name in ("always", "unless-stopped")


def delay(container: Container, how: Exit, ran: int) -> float | None:
    """Seconds until the next start, None if there is none. ``ran`` is how long it ran, in ns."""
    if not wanted(container, how):
        return None
    last = 0.0 if ran >= _SETTLED else container.state.restart_delay
    return min(2 * last or _FIRST_DELAY, _LONGEST_DELAY)


def after_boot(container: Container) -> bool:
    """Whether a container is to be started with the engine: it ran once, does not now, and its policy says so."""
    state = container.state
    if state.alive or state.pending or not state.started_at:
        return False
    policy = container.spec.host.restart.name
    if policy == "unless-stopped":
        return not state.stopped_by_user
    return policy == "always" or state.status is Status.RESTARTING
