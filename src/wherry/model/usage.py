"""What a container has used, at one moment."""

from msgspec import Struct


class CpuUsage(Struct, frozen=True, kw_only=True):
    """Times in nanoseconds. ``per_cpu`` is empty in version 2."""

    total: int = 0
    user: int = 0
    system: int = 0
    per_cpu: tuple[int, ...] = ()
    periods: int = 0
    throttled_periods: int = 0
    throttled: int = 0


class MemoryUsage(Struct, frozen=True, kw_only=True):
    """Bytes. ``limit`` None: unlimited. ``details`` is memory.stat as the kernel has it.

    ``failures``: version 1's memory.failcnt, version 2's ``oom`` in memory.events.
    """

    usage: int = 0
    max_usage: int = 0
    limit: int | None = None
    failures: int = 0
    oom_kills: int = 0
    details: dict[str, int] = {}


class PidsUsage(Struct, frozen=True, kw_only=True):
    """``limit`` None: unlimited."""

    current: int = 0
    limit: int | None = None


class DeviceUsage(Struct, frozen=True, kw_only=True):
    """What went to or from one block device; ``operation`` as the kernel names it (Read, Write; read, write in v2)."""

    major: int
    minor: int
    operation: str
    value: int


class Usage(Struct, frozen=True, kw_only=True):
    """``block_bytes`` and ``block_operations`` have an entry for each device and operation."""

    cpu: CpuUsage
    memory: MemoryUsage
    pids: PidsUsage
    block_bytes: tuple[DeviceUsage, ...]
    block_operations: tuple[DeviceUsage, ...]


class Traffic(Struct, frozen=True, kw_only=True):
    """What has gone through a link since it was made."""

    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int


class Sample(Struct, frozen=True, kw_only=True):
    """A container's usage at ``time`` (ns since the epoch), beside what all processors of the host did since boot.

    ``host_cpu`` is in nanoseconds. ``traffic`` is by the interface's name inside; without loopback.
    """

    time: int
    usage: Usage
    host_cpu: int
    traffic: dict[str, Traffic] = {}
