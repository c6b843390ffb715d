from pathlib import Path

import pytest

from wherry.kernel import cgroups
from wherry.kernel.cgroups import Layout
from wherry.kernel.cgroups import stats as cgroup_stats
from wherry.kernel.mounts import MountEntry
from wherry.model.usage import DeviceUsage

V1 = Layout(
    unified="", legacy={"cpu": "/c/cpu", "cpuacct": "/c/cpu", "name=systemd": "/c/systemd"}, unified_controllers=()
)
HYBRID = Layout(unified="/c/unified", legacy={"cpu": "/c/cpu"}, unified_controllers=("hugetlb", "misc"))
V2 = Layout(unified="/c", legacy={}, unified_controllers=("cpu", "memory"))
V2_WITH_SYSTEMD = Layout(unified="/c/unified", legacy={"name=systemd": "/c/systemd"}, unified_controllers=("cpu",))


def mounted(fs_type: str, target: str, *options: str) -> MountEntry:
    return MountEntry(
        id=1,
        parent=0,
        root="/",
        target=target,
        options=("rw",),
        fs_type=fs_type,
        source="cgroup",
        fs_options=("rw", *options),
    )


def test_the_mount_table_tells_the_layout(tmp_path: Path) -> None:
    unified = tmp_path / "unified"
    unified.mkdir()
    (unified / "cgroup.controllers").write_text("hugetlb misc\n")
    layout = cgroups.probe(
        [
            mounted("tmpfs", "/sys/fs/cgroup", "mode=755"),
            mounted("cgroup", "/sys/fs/cgroup/cpu,cpuacct", "cpu", "cpuacct"),
            mounted("cgroup", "/sys/fs/cgroup/systemd", "xattr", "name=systemd"),
            mounted("cgroup2", str(unified)),
            mounted("cgroup", "/elsewhere/cpu,cpuacct", "cpu", "cpuacct"),
        ]
    )
    assert layout.legacy == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
        "name=systemd": "/sys/fs/cgroup/systemd",
    }
    assert layout.controllers == ("cpu", "cpuacct", "hugetlb", "misc")
    assert layout.mount_points() == ("/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/systemd", str(unified))


@pytest.mark.parametrize(
    ("layout", "version", "hybrid"),
    [(V1, 1, False), (HYBRID, 1, True), (V2, 2, False), (V2_WITH_SYSTEMD, 2, False)],
)
def test_versions(layout: Layout, version: int, hybrid: bool) -> None:
    assert (layout.version, layout.hybrid) == (version, hybrid)


def test_crun_minds_only_controllers_left_on_version_2_of_a_hybrid() -> None:
    assert cgroups.crun_obstacle(V1) is None
    assert cgroups.crun_obstacle(V2) is None
    reason = cgroups.crun_obstacle(HYBRID)
    assert reason is not None
    assert "hugetlb, misc" in reason


def test_directories_by_controller() -> None:
    assert cgroups.directory(HYBRID, "cpu", "/w/1") == Path("/c/cpu/w/1")
    assert cgroups.directory(HYBRID, "misc", "/w/1") == Path("/c/unified/w/1")
    with pytest.raises(KeyError):
        cgroups.directory(V2, "pids", "/w/1")


def test_version_2_usage_in_the_common_shape(tmp_path: Path) -> None:
    group = tmp_path / "w"
    group.mkdir()
    files = {
        "cpu.stat": "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n",
        "memory.current": "4096\n",
        "memory.peak": "8192\n",
        "memory.max": "max\n",
        "memory.stat": "anon 1024\nfile 2048\n",
        "memory.events": "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n",
        "pids.current": "5\n",
        "pids.max": "100\n",
        "io.stat": "8:0 rbytes=512 wbytes=1024 rios=1 wios=2 dbytes=0 dios=0\n253:1 \n",
    }
    for name, text in files.items():
        (group / name).write_text(text)
    usage = cgroup_stats.usage(Layout(unified=str(tmp_path), legacy={}, unified_controllers=("cpu",)), "/w")
    assert (usage.cpu.total, usage.cpu.user, usage.cpu.system, usage.cpu.throttled) == (30_000, 20_000, 10_000, 7_000)
    assert (usage.cpu.periods, usage.cpu.throttled_periods) == (4, 2)
    assert (usage.memory.usage, usage.memory.max_usage, usage.memory.limit) == (4096, 8192, None)
    assert (usage.memory.failures, usage.memory.oom_kills) == (2, 1)
    assert usage.memory.details == {"anon": 1024, "file": 2048}
    assert (usage.pids.current, usage.pids.limit) == (5, 100)
    assert usage.block_bytes == (
        DeviceUsage(major=8, minor=0, operation="read", value=512),
        DeviceUsage(major=8, minor=0, operation="write", value=1024),
    )
    assert [entry.value for entry in usage.block_operations] == [1, 2]


def test_version_1_usage_in_the_common_shape(tmp_path: Path) -> None:
    files = {
        "cpu/cpuacct.usage": "30\n",
        "cpu/cpuacct.usage_user": "20\n",
        "cpu/cpuacct.usage_sys": "10\n",
        "cpu/cpuacct.usage_percpu": "18 12 \n",
        "cpu/cpu.stat": "nr_periods 4\nnr_throttled 2\nthrottled_time 7\n",
        "memory/memory.usage_in_bytes": "4096\n",
        "memory/memory.max_usage_in_bytes": "8192\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/memory.failcnt": "3\n",
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        "memory/memory.stat": "cache 1\ntotal_cache 2\n",
        "pids/pids.current": "5\n",
        "pids/pids.max": "max\n",
        "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 512\n8:0 Write 1024\nTotal 1536\n",
        "blkio/blkio.throttle.io_serviced_recursive": "8:0 Read 1\nTotal 1\n",
    }
    for name, text in files.items():
        hierarchy, file = name.split("/")
        (tmp_path / hierarchy / "w").mkdir(parents=True, exist_ok=True)
        (tmp_path / hierarchy / "w" / file).write_text(text)
    names = {"cpu": "cpu", "cpuacct": "cpu", "memory": "memory", "pids": "pids", "blkio": "blkio"}
    layout = Layout(unified="", legacy={k: str(tmp_path / v) for k, v in names.items()}, unified_controllers=())
    usage = cgroup_stats.usage(layout, "/w")
    assert (usage.cpu.total, usage.cpu.user, usage.cpu.system, usage.cpu.per_cpu) == (30, 20, 10, (18, 12))
    assert (usage.cpu.periods, usage.cpu.throttled_periods, usage.cpu.throttled) == (4, 2, 7)
    assert (usage.memory.usage, usage.memory.max_usage, usage.memory.limit) == (4096, 8192, None)
    assert (usage.memory.failures, usage.memory.oom_kills) == (3, 2)
    assert (usage.pids.current, usage.pids.limit) == (5, None)
    assert [(entry.operation, entry.value) for entry in usage.block_bytes] == [("Read", 512), ("Write", 1024)]
    assert [(entry.operation, entry.value) for entry in usage.block_operations] == [("Read", 1)]


def test_usage_of_a_group_that_is_gone(tmp_path: Path) -> None:
    v1 = Layout(unified="", legacy={"memory": str(tmp_path)}, unified_controllers=())
    v2 = Layout(unified=str(tmp_path), legacy={}, unified_controllers=("memory",))
    for layout in (v1, v2):
        with pytest.raises(FileNotFoundError):
            cgroup_stats.usage(layout, "/gone")
