"""File descriptors of the daemon: whose they are, and how many there may be."""

import contextlib
import os
import resource

_ENOUGH = 65536  # more would be inherited by containers, and programs that close all they may have would take long


def keep() -> None:
    """What we were started with stays ours: no container's monitor is to inherit it."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing's own descriptor is among them, and closed by now
            os.set_inheritable(int(name), int(name) <= 2)


def for_clients() -> int:
    """How many clients there may be at a time: each has one, and what it asks for takes others."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2


def allow() -> None:
    """Up to the hard limit: each container takes some, and the usual soft limit of 1024 is for select(2)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
