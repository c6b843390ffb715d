"""A path below a container's root, looked at."""

from msgspec import Struct


class PathStat(Struct, frozen=True, kw_only=True):
    """What is at a path. ``mode`` as stat(2) has it, ``modified`` in nanoseconds; ``link_target`` is where a symbolic
    link leads in the end, "" for anything else."""

    name: str
    size: int
    mode: int
    modified: int
    link_target: str = ""
