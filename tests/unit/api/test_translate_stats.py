"""Samples in Docker's shape, on both versions of control groups."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.fakes.host import FACTS

from wherry.api.translate.stats import stats_response
from wherry.model.usage import CpuUsage, DeviceUsage, MemoryUsage, PidsUsage, Sample, Usage

V1, V2 = replace(FACTS, cgroup_version=1), replace(FACTS, cgroup_version=2)
DISK = DeviceUsage(major=8, minor=0, operation="read", value=512)


def sample(**changes: Any) -> Sample:
    usage = Usage(
        cpu=CpuUsage(total=30, user=20, system=10, **changes.pop("cpu", {})),
        memory=MemoryUsage(
            usage=4096, max_usage=8192, failures=3, limit=None, details={"total_rss": 7, "anon": 5, "swap": 1}
        ),
        pids=PidsUsage(current=2),
        block_bytes=changes.pop("block", ()),
        block_operations=changes.pop("operations", ()),
    )
    return Sample(time=1_700_000_000_000_000_000, usage=usage, host_cpu=900)


def shown(*arguments: Any) -> Any:
    return msgspec.to_builtins(stats_response(*arguments))


def test_memory_of_version_1() -> None:
    memory = shown(sample(), None, V1, None)["memory_stats"]

    assert memory == {"usage": 4096, "max_usage": 8192, "failcnt": 3, "stats": {"total_rss": 7}, "limit": V1.memory}


def test_memory_of_version_2_has_no_peak_and_names_of_its_own() -> None:
    memory = shown(sample(), None, V2, None)["memory_stats"]

    stats = memory.pop("stats")
    assert memory == {"usage": 4096, "failcnt": 3, "limit": V2.memory}
    assert (stats["anon"], stats["workingset_refault"], len(stats)) == (5, 0, 31)
    assert "swap" not in stats


def test_processes_without_a_limit() -> None:
    assert shown(sample(), None, V1, None)["pids_stats"] == {"current": 2}
    assert shown(sample(), None, V2, None)["pids_stats"] == {"current": 2, "limit": 2**64 - 1}


@pytest.mark.parametrize(("facts", "nothing"), [(V1, []), (V2, None)])
def test_no_block_io(facts: Any, nothing: Any) -> None:
    block = shown(sample(), None, facts, None)["blkio_stats"]

    assert block["io_service_bytes_recursive"] == block["sectors_recursive"] == nothing


def test_block_io() -> None:
    for facts in (V1, V2):
        block = shown(sample(block=(DISK,)), None, facts, None)["blkio_stats"]

        assert block["io_service_bytes_recursive"] == [{"major": 8, "minor": 0, "op": "read", "value": 512}]


def test_version_2_counts_no_block_operations() -> None:
    block = shown(sample(operations=(DISK,)), None, V2, None)["blkio_stats"]

    assert block["io_serviced_recursive"] is None


def test_processors() -> None:
    answer = shown(sample(cpu={"per_cpu": (18, 12)}), sample(), V1, None)

    assert answer["cpu_stats"]["cpu_usage"]["percpu_usage"] == [18, 12]
    assert answer["precpu_stats"]["system_cpu_usage"] == 900
    assert "percpu_usage" not in answer["precpu_stats"]["cpu_usage"]
    assert answer["read"] == answer["preread"] == "2023-11-14T22:13:20Z"


def test_one_that_does_not_run() -> None:
    answer = shown(None, None, V1, None)

    assert answer["memory_stats"] == answer["pids_stats"] == {}
    assert answer["read"] == "0001-01-01T00:00:00Z"
    assert answer["blkio_stats"]["io_service_bytes_recursive"] is None
    assert "networks" not in answer
