"""Samples → Docker's statistics."""

from msgspec import UNSET
from msgspec.structs import asdict

from wherry.api.translate.times import rfc3339
from wherry.model.container import Container
from wherry.model.host import HostFacts
from wherry.model.usage import DeviceUsage, MemoryUsage, PidsUsage, Sample
from wherry.wire import stats as wire

# What dockerd tells of version 1's memory.stat: that of the group, and with ``total_`` that of groups below it too.
_MEMORY = (
    *("active_anon", "active_file", "cache", "dirty", "inactive_anon", "inactive_file", "mapped_file", "pgfault"),
    *("pgmajfault", "pgpgin", "pgpgout", "rss", "rss_huge", "unevictable", "writeback"),
)
_LEGACY_MEMORY = frozenset(
    (*_MEMORY, *(f"total_{name}" for name in _MEMORY), "hierarchical_memory_limit", "hierarchical_memsw_limit")
)
# What it tells of version 2's, as zero what the kernel does not tell (any more).
_UNIFIED_MEMORY = (
    *("active_anon", "active_file", "anon", "anon_thp", "file", "file_dirty", "file_mapped", "file_writeback"),
    *("inactive_anon", "inactive_file", "kernel_stack", "pgactivate", "pgdeactivate", "pgfault", "pglazyfree"),
    *("pglazyfreed", "pgmajfault", "pgrefill", "pgscan", "pgsteal", "shmem", "slab", "slab_reclaimable"),
    *("slab_unreclaimable", "sock", "thp_collapse_alloc", "thp_fault_alloc", "unevictable", "workingset_activate"),
    *("workingset_nodereclaim", "workingset_refault"),
)
_UNLIMITED_PIDS = 2**64 - 1  # what it makes of version 2's "max"
_NOTHING = wire.CpuStats(cpu_usage=wire.CpuUsage(), throttling_data=wire.ThrottlingData())


def stats_response(
    sample: Sample | None, before: Sample | None, facts: HostFacts, container: Container | None
) -> wire.StatsResponse:
    """Usage now, and the processors' of the sample ``before``, which clients take the difference with.

    None for a sample of what does not run, and for a container that shall not be named.
    """
    known = sample.usage if sample else None
    return wire.StatsResponse(
        read=rfc3339(sample.time if sample else 0),
        preread=rfc3339(before.time if before else 0),
        pids_stats=_pids(known.pids, facts) if known else wire.PidsStats(),
        blkio_stats=_block(sample, facts) if sample else wire.BlkioStats(),
        storage_stats=wire.StorageStats(),
        cpu_stats=_cpu(sample, facts),
        precpu_stats=_cpu(before, facts),
        memory_stats=_memory(known.memory, facts) if known else wire.MemoryStats(),
        name=f"/{container.name}" if container else UNSET,
        id=container.id if container else UNSET,
        networks=_networks(sample) if sample and sample.traffic else UNSET,
    )


def _pids(pids: PidsUsage, facts: HostFacts) -> wire.PidsStats:
    unlimited = _UNLIMITED_PIDS if facts.cgroup_version == 2 else UNSET
    return wire.PidsStats(current=pids.current or UNSET, limit=pids.limit or unlimited)


def _cpu(sample: Sample | None, facts: HostFacts) -> wire.CpuStats:
    if sample is None:
        return _NOTHING
    cpu = sample.usage.cpu
    return wire.CpuStats(
        cpu_usage=wire.CpuUsage(
            total_usage=cpu.total,
            percpu_usage=list(cpu.per_cpu) or UNSET,
            usage_in_kernelmode=cpu.system,
            usage_in_usermode=cpu.user,
        ),
        system_cpu_usage=sample.host_cpu,
        online_cpus=facts.cpus,
        throttling_data=wire.ThrottlingData(
            periods=cpu.periods, throttled_periods=cpu.throttled_periods, throttled_time=cpu.throttled
        ),
    )


def _memory(memory: MemoryUsage, facts: HostFacts) -> wire.MemoryStats:
    """Of version 2 dockerd tells no greatest usage. No limit is the host's memory."""
    legacy = facts.cgroup_version == 1
    if legacy:
        details = {name: value for name, value in memory.details.items() if name in _LEGACY_MEMORY}
    else:
        details = {name: memory.details.get(name, 0) for name in _UNIFIED_MEMORY}
    return wire.MemoryStats(
        usage=memory.usage or UNSET,
        max_usage=(memory.max_usage if legacy else 0) or UNSET,
        stats=dict(sorted(details.items())) or UNSET,
        failcnt=memory.failures or UNSET,
        limit=min(memory.limit or facts.memory, facts.memory),
    )


def _block(sample: Sample, facts: HostFacts) -> wire.BlkioStats:
    """Of version 2 dockerd tells bytes alone; what there is not is null there, and an empty list on version 1."""
    usage = sample.usage
    if facts.cgroup_version == 2:
        return wire.BlkioStats(io_service_bytes_recursive=_entries(usage.block_bytes) or None)
    stats = wire.BlkioStats(
        io_service_bytes_recursive=_entries(usage.block_bytes),
        io_serviced_recursive=_entries(usage.block_operations),
    )
    return wire.BlkioStats(**{name: value or [] for name, value in asdict(stats).items()})


def _entries(devices: tuple[DeviceUsage, ...]) -> list[wire.BlkioEntry]:
    return [
        wire.BlkioEntry(major=device.major, minor=device.minor, op=device.operation, value=device.value)
        for device in devices
    ]


def _networks(sample: Sample) -> dict[str, wire.NetworkStats]:
    return {name: wire.NetworkStats(**asdict(counters)) for name, counters in sorted(sample.traffic.items())}
