"""``update``: new limits and a new restart policy for a container that exists. Rules and texts are dockerd's."""

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import Conflict, RuntimeFailure
from wherry.model.container import Container, RestartPolicy
from wherry.model.host import HostFacts
from wherry.model.resources import Resources
from wherry.plan.containers import resources, validation
from wherry.plan.oci.resources import limits_section, refusal

_NUMBERS: Final = (
    *("blkio_weight", "cpu_shares", "nano_cpus", "cpu_period", "cpu_quota", "cpuset_cpus", "cpuset_mems"),
    *("memory", "memory_swap", "memory_reservation", "cpu_realtime_period", "cpu_realtime_runtime"),
)
_CONFLICTS: Final = (
    ("nano_cpus", "cpu_period", "Nano CPUs cannot be updated as CPU Period has already been set"),
    ("nano_cpus", "cpu_quota", "Nano CPUs cannot be updated as CPU Quota has already been set"),
    ("cpu_period", "nano_cpus", "CPU Period cannot be updated as NanoCPUs has already been set"),
    ("cpu_quota", "nano_cpus", "CPU Quota cannot be updated as NanoCPUs has already been set"),
)


class Update(Struct, frozen=True, kw_only=True):
    """What is to change: 0 and "" leave a limit as it is; ``pids_limit`` and ``restart`` are None for that."""

    resources: Resources = Resources()
    restart: RestartPolicy | None = None


def check(update: Update, facts: HostFacts) -> tuple[str, ...]:
    """Warnings about what this host will not keep. InvalidArgument for what makes no sense on any container."""
    if update.restart:
        validation.check_restart(update.restart, auto_remove=False)
    return resources.check_update(update.resources, facts)


def apply(container: Container, update: Update, facts: HostFacts) -> Container:
    """The container as it will be. Conflict, with Docker's text, for what does not go with what it has."""
    host = container.spec.host
    asked = resources.effective(update.resources, facts)
    reason = _conflict(host.resources, asked)
    if update.restart and update.restart.name not in ("", "no") and host.auto_remove:
        reason = "Restart policy cannot be updated because AutoRemove is enabled for the container"
    if reason:
        raise Conflict(f"Cannot update container {container.id}: {reason}")
    changed = {name: value for name in _NUMBERS if (value := getattr(asked, name))}
    if asked.pids_limit is not None:
        changed["pids_limit"] = max(asked.pids_limit, 0)
    host = replace(host, resources=replace(host.resources, **changed), restart=update.restart or host.restart)
    return replace(container, spec=replace(container.spec, host=host))


def runtime_section(limits: Resources, facts: HostFacts) -> dict[str, Any]:
    """What the runtime is told: all limits, so that those that hang together are set together. RuntimeFailure for
    limits that runc refuses."""
    if reason := refusal(limits):
        raise RuntimeFailure(f"runc did not terminate successfully: exit status 1: {reason}: unknown")
    whole = replace(
        limits, blkio_weight_devices=(), read_bps=(), write_bps=(), read_iops=(), write_iops=(), oom_kill_disable=None
    )
    section = limits_section(whole, (), facts)
    if limits.pids_limit == 0:
        section["pids"] = {"limit": -1}
    return section


def _conflict(now: Resources, asked: Resources) -> str:
    for new, old, text in _CONFLICTS:
        if getattr(asked, new) > 0 and getattr(now, old) > 0:
            return f"Conflicting options: {text}"
    if asked.memory and asked.memory > now.memory_swap and asked.memory_swap == 0:
        return (
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
        )
    return ""
