"""Usage of a container as Docker's API tells it. Counters that there are none of are left out, or null in lists."""

from msgspec import UNSET, Struct, UnsetType


class PidsStats(Struct, kw_only=True):
    current: int | UnsetType = UNSET
    limit: int | UnsetType = UNSET


class BlkioEntry(Struct, kw_only=True):
    major: int
    minor: int
    op: str
    value: int


class BlkioStats(Struct, kw_only=True):
    io_service_bytes_recursive: list[BlkioEntry] | None = None
    io_serviced_recursive: list[BlkioEntry] | None = None
    io_queue_recursive: list[BlkioEntry] | None = None
    io_service_time_recursive: list[BlkioEntry] | None = None
    io_wait_time_recursive: list[BlkioEntry] | None = None
    io_merged_recursive: list[BlkioEntry] | None = None
    io_time_recursive: list[BlkioEntry] | None = None
    sectors_recursive: list[BlkioEntry] | None = None


class StorageStats(Struct, kw_only=True):
    """Windows only."""


class CpuUsage(Struct, kw_only=True):
    """Nanoseconds."""

    total_usage: int = 0
    percpu_usage: list[int] | UnsetType = UNSET
    usage_in_kernelmode: int = 0
    usage_in_usermode: int = 0


class ThrottlingData(Struct, kw_only=True):
    periods: int = 0
    throttled_periods: int = 0
    throttled_time: int = 0


class CpuStats(Struct, kw_only=True):
    cpu_usage: CpuUsage
    system_cpu_usage: int | UnsetType = UNSET
    online_cpus: int | UnsetType = UNSET
    throttling_data: ThrottlingData


class MemoryStats(Struct, kw_only=True):
    """Bytes; ``stats`` is the kernel's memory.stat."""

    usage: int | UnsetType = UNSET
    max_usage: int | UnsetType = UNSET
    stats: dict[str, int] | UnsetType = UNSET
    failcnt: int | UnsetType = UNSET
    limit: int | UnsetType = UNSET


class NetworkStats(Struct, kw_only=True):
    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int


class StatsResponse(Struct, kw_only=True):
    read: str
    preread: str
    pids_stats: PidsStats
    blkio_stats: BlkioStats
    num_procs: int = 0
    storage_stats: StorageStats
    cpu_stats: CpuStats
    precpu_stats: CpuStats
    memory_stats: MemoryStats
    name: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    networks: dict[str, NetworkStats] | UnsetType = UNSET
