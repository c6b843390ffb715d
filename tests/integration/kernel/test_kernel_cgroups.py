"""On the control groups of this host, whatever version it has."""

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator

import pytest
from tests.harness.waiting import eventually

from wherry.kernel import cgroups
from wherry.kernel.cgroups import Layout
from wherry.kernel.cgroups import stats as cgroup_stats

pytestmark = [pytest.mark.root, pytest.mark.v2]


@pytest.fixture(scope="module")
def layout() -> Layout:
    return cgroups.probe()


@pytest.fixture
def group(layout: Layout) -> Iterator[str]:
    """A group in all hierarchies, with one below it."""
    name = f"/wherry-test-{uuid.uuid4().hex[:8]}"
    for top in layout.mount_points():
        os.makedirs(f"{top}{name}/below")
        copy_cpuset(top, name)
    yield name
    for pid in cgroups.processes(layout, name):
        os.kill(pid, signal.SIGKILL)
    for process in running:
        process.kill()
        process.wait()
    running.clear()
    while cgroups.processes(layout, name):
        os.sched_yield()
    cgroups.remove(layout, name)


running: list[subprocess.Popen[bytes]] = []


def copy_cpuset(top: str, name: str) -> None:
    """A version 1 cpuset takes no processes before it has CPUs and memory."""
    for folder in (name, f"{name}/below"):
        for file in ("cpuset.cpus", "cpuset.mems"):
            if os.path.exists(f"{top}{folder}/{file}") and os.path.exists(f"{top}/{file}"):
                with open(f"{top}/{file}") as source, open(f"{top}{folder}/{file}", "w") as target:
                    target.write(source.read())


def start(layout: Layout, group: str, script: str = "sleep 60") -> subprocess.Popen[bytes]:
    """A shell that waits for a line before it runs the script, so that all of it runs in the group."""
    process = subprocess.Popen(["sh", "-c", f"read go; {script}"], stdin=subprocess.PIPE)
    running.append(process)
    for top in layout.mount_points():
        with open(f"{top}{group}/cgroup.procs", "w") as file:
            file.write(str(process.pid))
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.close()
    return process


def test_the_host_has_the_controllers_that_containers_need(layout: Layout) -> None:
    assert {"cpu", "memory", "pids"} <= set(layout.controllers)


def test_processes_of_a_group_and_below(layout: Layout, group: str) -> None:
    assert cgroups.processes(layout, group) == ()
    top = start(layout, group, "exec sleep 60")
    below = start(layout, f"{group}/below", "exec sleep 60")
    assert set(cgroups.processes(layout, group)) == {top.pid, below.pid}
    assert cgroups.processes(layout, f"{group}/below") == (below.pid,)
    assert cgroups.processes(layout, "/nonexistent") == ()


def test_usage_is_counted(layout: Layout, group: str) -> None:
    limit = cgroups.directory(layout, "pids", group) / "pids.max"
    limit.write_text("17")
    start(layout, group, "head -c 20000000 /dev/zero | tail -c 15000000 | (read x; while :; do :; done)")
    eventually(lambda: cgroup_stats.usage(layout, group).memory.max_usage >= 10_000_000)
    usage = eventually(lambda: busy if (busy := cgroup_stats.usage(layout, group)).cpu.user else None)  # told in ticks
    assert usage is not None
    assert usage.cpu.total > 0
    assert usage.memory.usage > 0
    assert usage.memory.limit is None
    assert usage.pids.limit == 17
    assert usage.pids.current >= 1


def test_the_out_of_memory_killer_is_seen(layout: Layout, group: str) -> None:
    assert cgroup_stats.oom_kills(layout, group) == 0
    name = "memory.limit_in_bytes" if layout.version == 1 else "memory.max"
    (cgroups.directory(layout, "memory", group) / name).write_text(str(32 << 20))
    process = start(layout, group, "exec python3 -ISc 'bytes(1) * 200000000'")
    assert process.wait() == -signal.SIGKILL
    usage = cgroup_stats.usage(layout, group)
    assert usage.memory.oom_kills >= 1
    assert usage.memory.failures >= 1
    assert usage.memory.limit == 32 << 20


def test_removal_takes_all_hierarchies_and_is_idempotent(layout: Layout, group: str) -> None:
    cgroups.remove(layout, group)
    assert not any(os.path.exists(top + group) for top in layout.mount_points())
    cgroups.remove(layout, group)


def test_a_group_with_processes_stays(layout: Layout, group: str) -> None:
    start(layout, group)
    with pytest.raises(OSError, match="busy"):
        cgroups.remove(layout, group)
