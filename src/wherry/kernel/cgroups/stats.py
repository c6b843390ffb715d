"""What a control group has used: one snapshot in the same shape for version 1 and version 2.

Sources: ``Documentation/admin-guide/cgroup-v1`` (cpuacct, memory, pids, blkio-controller), ``cgroup-v2.rst``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wherry.kernel import cgroups
from wherry.kernel.cgroups import Layout
from wherry.model.usage import CpuUsage, DeviceUsage, MemoryUsage, PidsUsage, Usage

# memory.limit_in_bytes of a group without a limit: LONG_MAX rounded down to a page.
_UNLIMITED: Final = 1 << 62
_MICROSECOND: Final = 1000


def usage(layout: Layout, group: str) -> Usage:
    """A snapshot. Controllers that the host lacks read as nothing used; FileNotFoundError if the group is gone."""
    if layout.version == 2:
        return _unified_usage(Path(layout.unified + group))
    return _legacy_usage(layout, group)


def oom_kills(layout: Layout, group: str) -> int:
    """How many processes of the group the kernel has killed for want of memory."""
    if "memory" in layout.legacy:
        return _table(Path(layout.legacy["memory"] + group, "memory.oom_control")).get("oom_kill", 0)
    return _table(Path(layout.unified + group, "memory.events")).get("oom_kill", 0)


def _legacy_usage(layout: Layout, group: str) -> Usage:
    known = [cgroups.directory(layout, name, group) for name in ("pids", "memory", "cpuacct") if name in layout.legacy]
    if not any(folder.exists() for folder in known):
        raise FileNotFoundError(f"read usage of {group}: no such control group")
    cpu, cpuacct, memory, pids, blkio = (
        Path(layout.legacy.get(name, "/nonexistent") + group) for name in ("cpu", "cpuacct", "memory", "pids", "blkio")
    )
    throttling = _table(cpu / "cpu.stat")
    return Usage(
        cpu=CpuUsage(
            total=_number(cpuacct / "cpuacct.usage") or 0,
            user=_number(cpuacct / "cpuacct.usage_user") or 0,
            system=_number(cpuacct / "cpuacct.usage_sys") or 0,
            per_cpu=tuple(map(int, cgroups.read(cpuacct / "cpuacct.usage_percpu").split())),
            periods=throttling.get("nr_periods", 0),
            throttled_periods=throttling.get("nr_throttled", 0),
            throttled=throttling.get("throttled_time", 0),
        ),
        memory=MemoryUsage(
            usage=_number(memory / "memory.usage_in_bytes") or 0,
            max_usage=_number(memory / "memory.max_usage_in_bytes") or 0,
            limit=_limit(memory / "memory.limit_in_bytes"),
            failures=_number(memory / "memory.failcnt") or 0,
            oom_kills=oom_kills(layout, group),
            details=_table(memory / "memory.stat"),
        ),
        pids=PidsUsage(current=_number(pids / "pids.current") or 0, limit=_limit(pids / "pids.max")),
        block_bytes=tuple(_legacy_devices(blkio / "blkio.throttle.io_service_bytes_recursive")),
        block_operations=tuple(_legacy_devices(blkio / "blkio.throttle.io_serviced_recursive")),
    )


def _unified_usage(folder: Path) -> Usage:
    if not folder.exists():
        raise FileNotFoundError(f"read usage of {folder}: no such control group")
    cpu = _table(folder / "cpu.stat")
    events = _table(folder / "memory.events")
    return Usage(
        cpu=CpuUsage(
            total=cpu.get("usage_usec", 0) * _MICROSECOND,
            user=cpu.get("user_usec", 0) * _MICROSECOND,
            system=cpu.get("system_usec", 0) * _MICROSECOND,
            periods=cpu.get("nr_periods", 0),
            throttled_periods=cpu.get("nr_throttled", 0),
            throttled=cpu.get("throttled_usec", 0) * _MICROSECOND,
        ),
        memory=MemoryUsage(
            usage=_number(folder / "memory.current") or 0,
            max_usage=_number(folder / "memory.peak") or 0,
            limit=_limit(folder / "memory.max"),
            failures=events.get("oom", 0),
            oom_kills=events.get("oom_kill", 0),
            details=_table(folder / "memory.stat"),
        ),
        pids=PidsUsage(current=_number(folder / "pids.current") or 0, limit=_limit(folder / "pids.max")),
        block_bytes=tuple(_unified_devices(folder / "io.stat", read="rbytes", write="wbytes")),
        block_operations=tuple(_unified_devices(folder / "io.stat", read="rios", write="wios")),
    )


def _legacy_devices(path: Path) -> Iterator[DeviceUsage]:
    """Lines ``8:0 Read 4096``, at the end ``Total 4096``."""
    for line in cgroups.read(path).splitlines():
        device, _, rest = line.partition(" ")
        if ":" in device:
            operation, value = rest.split()
            yield _device(device, operation, int(value))


def _unified_devices(path: Path, *, read: str, write: str) -> Iterator[DeviceUsage]:
    """Lines ``8:0 rbytes=4096 wbytes=0 rios=1 …``."""
    for line in cgroups.read(path).splitlines():
        device, *pairs = line.split()
        values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        if read in values:
            yield _device(device, "read", int(values[read]))
            yield _device(device, "write", int(values[write]))


def _device(device: str, operation: str, value: int) -> DeviceUsage:
    major, minor = device.split(":")
    return DeviceUsage(major=int(major), minor=int(minor), operation=operation, value=value)


def _number(path: Path) -> int | None:
    """The number in a file; None if there is no such file, or it says ``max``."""
    text = cgroups.read(path).strip()
    return int(text) if text.isdigit() else None


def _limit(path: Path) -> int | None:
    number = _number(path)
    return None if number is None or number >= _UNLIMITED else number


def _table(path: Path) -> dict[str, int]:
    """Lines of a name and a number."""
    lines = (line.split() for line in cgroups.read(path).splitlines())
    return {name: int(value) for name, value in lines}
