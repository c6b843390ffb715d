"""Limits that were asked for: which make no sense, and which this host cannot keep.

Rules and texts are Docker's (moby ``daemon/daemon_unix.go``, verifyPlatformContainerResources). A limit that the host
cannot keep is discarded with a warning, not refused. What a host can keep is told from its controllers.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.host import HostFacts
from wherry.model.resources import Resources
from wherry.plan.oci.rlimits import clamp_warnings

_MINIMUM_MEMORY: Final = 6 << 20
_NANO: Final = 10**9
_CPU_LIST: Final = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


class _Feature(Struct, frozen=True):
    """Fields of Resources that need something of the host, and what Docker says where it is missing."""

    fields: tuple[str, ...]
    supported: Callable[[HostFacts], bool]
    warning: str


def _controller(*names: str) -> Callable[[HostFacts], bool]:
    return lambda facts: not set(names).isdisjoint(facts.controllers)


def _legacy_memory(facts: HostFacts) -> bool:
    return facts.cgroup_version == 1 and "memory" in facts.controllers


def _block_weight(facts: HostFacts) -> bool:
    """On version 1 the weight went with the CFQ scheduler (Linux 5.0)."""
    return facts.cgroup_version == 2 and "io" in facts.controllers


_UNMOUNTED: Final = "or the cgroup is not mounted."
_BLOCK_LIMIT: Final = f"Your kernel does not support %s {_UNMOUNTED} Block I/O %s limit discarded."
_FEATURES: Final = (
    _Feature(
        ("memory", "memory_swap"),
        _controller("memory"),
        f"Your kernel does not support memory limit capabilities {_UNMOUNTED} Limitation discarded.",
    ),
    _Feature(
        ("memory_swappiness",),
        _legacy_memory,
        f"Your kernel does not support memory swappiness capabilities {_UNMOUNTED} Memory swappiness discarded.",
    ),
    _Feature(
        ("memory_reservation",),
        _controller("memory"),
        f"Your kernel does not support memory soft limit capabilities {_UNMOUNTED} Limitation discarded.",
    ),
    _Feature(
        ("oom_kill_disable",),
        _legacy_memory,
        "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
    ),
    _Feature(
        ("pids_limit",),
        _controller("pids"),
        f"Your kernel does not support PIDs limit capabilities {_UNMOUNTED} PIDs limit discarded.",
    ),
    _Feature(
        ("cpu_shares",),
        _controller("cpu"),
        f"Your kernel does not support CPU shares {_UNMOUNTED} Shares discarded.",
    ),
    _Feature(
        ("cpu_period", "cpu_quota"),
        _controller("cpu"),
        "Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.",
    ),
    _Feature(
        ("cpuset_cpus", "cpuset_mems"),
        _controller("cpuset"),
        f"Your kernel does not support cpuset {_UNMOUNTED} Cpuset discarded.",
    ),
    _Feature(
        ("blkio_weight",),
        _block_weight,
        f"Your kernel does not support Block I/O weight {_UNMOUNTED} Weight discarded.",
    ),
    _Feature(
        ("blkio_weight_devices",),
        _block_weight,
        f"Your kernel does not support Block I/O weight_device {_UNMOUNTED} Weight-device discarded.",
    ),
    *(
        _Feature((field,), _controller("io", "blkio"), _BLOCK_LIMIT % texts)
        for field, texts in (
            ("read_bps", ("BPS Block I/O read limit", "BPS read")),
            ("write_bps", ("BPS Block I/O write limit", "BPS write")),
            ("read_iops", ("IOPS Block read limit", "IOPS read")),
            ("write_iops", ("IOPS Block write limit", "IOPS write")),
        )
    ),
)


def check(host: HostSpec, facts: HostFacts) -> tuple[str, ...]:
    """Warnings about what will not be kept. InvalidArgument, with Docker's text, for what makes no sense."""
    if not -1000 <= host.oom_score_adj <= 1000:
        raise InvalidArgument(f"Invalid value {host.oom_score_adj}, range for oom score adj is [-1000, 1000]")
    if host.shm_size < 0:
        raise InvalidArgument("SHM size can not be less than 0")
    resources = effective(host.resources, facts)
    _check_swap(resources)
    _check_limits(resources, facts)
    return (*_discarded(host.resources, facts), *_dangers(resources), *clamp_warnings(host, facts))


def check_update(resources: Resources, facts: HostFacts) -> tuple[str, ...]:
    """The same for limits that change others: a limit of swap goes with the memory limit that is there."""
    _check_limits(effective(resources, facts), facts)
    return _discarded(resources, facts)


def _check_limits(resources: Resources, facts: HostFacts) -> None:
    _check_memory(resources)
    _check_cpu(resources, facts)
    _check_cpuset(resources, facts)
    if resources.blkio_weight and not 10 <= resources.blkio_weight <= 1000:
        raise InvalidArgument("Range of blkio weight is from 10 to 1000")


def _discarded(resources: Resources, facts: HostFacts) -> tuple[str, ...]:
    return tuple(feature.warning for feature in _missing(resources, facts))


def effective(resources: Resources, facts: HostFacts) -> Resources:
    """The limits that this host can keep; the others as if not asked for."""
    default = Resources()
    fields = (name for feature in _missing(resources, facts) for name in feature.fields)
    return replace(resources, **{name: getattr(default, name) for name in fields})


def with_kept_limits(spec: ContainerSpec, facts: HostFacts) -> ContainerSpec:
    """The spec without the limits that this host cannot keep, as it is stored and shown."""
    return replace(spec, host=replace(spec.host, resources=effective(spec.host.resources, facts)))


def with_default_swap(resources: Resources) -> Resources:
    """Memory without a swap limit gets as much swap again: ``memory_swap`` is the sum of both."""
    if resources.memory > 0 and resources.memory_swap == 0:
        return replace(resources, memory_swap=2 * resources.memory)
    return resources


def _missing(resources: Resources, facts: HostFacts) -> Iterator[_Feature]:
    return (feature for feature in _FEATURES if _asked(resources, feature) and not feature.supported(facts))


def _asked(resources: Resources, feature: _Feature) -> bool:
    """Whether any of the fields holds a limit: -1 and False are none, a swappiness of 0 is one."""
    default = Resources()
    values = ((getattr(resources, name), getattr(default, name)) for name in feature.fields)
    return any(value is not False and value not in (none, -1) for value, none in values)


def _dangers(resources: Resources) -> Iterator[str]:
    if resources.oom_kill_disable and not resources.memory:
        yield (
            "OOM killer is disabled for the container, but no memory limit is set, this can result in the system "
            "running out of resources."
        )


def _check_swap(resources: Resources) -> None:
    if resources.memory == 0 and resources.memory_swap > 0:
        raise InvalidArgument("You should always set the Memory limit when using Memoryswap limit, see usage")


def _check_memory(resources: Resources) -> None:
    memory, swap, reservation = resources.memory, resources.memory_swap, resources.memory_reservation
    swappiness = resources.memory_swappiness
    if memory and memory < _MINIMUM_MEMORY:
        raise InvalidArgument("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise InvalidArgument("Minimum memoryswap limit should be larger than memory limit, see usage")
    if swappiness is not None and not -1 <= swappiness <= 100:
        raise InvalidArgument(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
    if reservation and reservation < _MINIMUM_MEMORY:
        raise InvalidArgument("Minimum memory reservation allowed is 6MB")
    if 0 < memory < reservation:
        raise InvalidArgument("Minimum memory limit can not be less than memory reservation limit, see usage")


def _check_cpu(resources: Resources, facts: HostFacts) -> None:
    if resources.nano_cpus and resources.cpu_period:
        raise InvalidArgument("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if resources.nano_cpus and resources.cpu_quota:
        raise InvalidArgument("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    if not 0 <= resources.nano_cpus <= facts.cpus * _NANO:
        raise InvalidArgument(
            f"Range of CPUs is from 0.01 to {facts.cpus}.00, as there are only {facts.cpus} CPUs available"
        )
    if resources.nano_cpus and "cpu" not in facts.controllers:
        raise InvalidArgument(
            "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted"
        )
    if resources.cpu_period and not 1000 <= resources.cpu_period <= 1_000_000:
        raise InvalidArgument("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if 0 < resources.cpu_quota < 1000:
        raise InvalidArgument("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    if resources.cpu_shares < 0:
        raise InvalidArgument("shares: invalid argument")
    _check_realtime(resources, facts)


def _check_realtime(resources: Resources, facts: HostFacts) -> None:
    period, runtime = resources.cpu_realtime_period, resources.cpu_realtime_runtime
    if (period or runtime) and not (facts.cgroup_version == 1 and "cpu" in facts.controllers):
        raise InvalidArgument("Your kernel does not support CPU real-time scheduler")
    if period and runtime > period:
        raise InvalidArgument("cpu real-time runtime cannot be higher than cpu real-time period")


def _check_cpuset(resources: Resources, facts: HostFacts) -> None:
    _check_available("CPUs", resources.cpuset_cpus, "cpus", facts.cpus)
    _check_available("memory nodes", resources.cpuset_mems, "mems", facts.memory_nodes)


def _check_available(noun: str, asked: str, what: str, count: int) -> None:
    last = count - 1
    if any(number > last for number in _numbers(asked, what)):
        available = f"0-{last}" if last else "0"
        raise InvalidArgument(f"Requested {noun} are not available - requested {asked}, available: {available}")


def _numbers(text: str, what: str) -> tuple[int, ...]:
    """The bounds in a list such as ``0-3,5`` (cpuset(7), list format)."""
    bounds: list[int] = []
    for part in text.split(",") if text else ():
        found = _CPU_LIST.fullmatch(part)
        if found is None or (found[2] and int(found[2]) < int(found[1])):
            raise InvalidArgument(f"Invalid value {text} for cpuset {what}: invalid format: {text}")
        bounds += [int(bound) for bound in found.groups() if bound]
    return tuple(bounds)
