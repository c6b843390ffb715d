"""Which process a pid means."""

from msgspec import Struct


class ProcessId(Struct, frozen=True, kw_only=True):
    """A process that cannot be mistaken for a later one with the same pid.

    ``start_time`` is field 22 of /proc/PID/stat in clock ticks since boot, ``boot_id`` is
    /proc/sys/kernel/random/boot_id (proc_pid_stat(5), random(4)).
    """

    pid: int
    start_time: int
    boot_id: str
