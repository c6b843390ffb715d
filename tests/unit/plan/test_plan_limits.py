"""Limits that are refused, discarded or brought into bounds; the texts were asked of dockerd 26.1.5."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.plan.plan_facts import CGROUP_2, FACTS

from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import HostSpec
from wherry.model.host import HostFacts
from wherry.model.resources import Device, DeviceRate, Resources, Ulimit
from wherry.plan.containers.resources import check, effective
from wherry.plan.oci.resources import device_paths, limits_section
from wherry.plan.oci.rlimits import oom_score_adj, rlimits

MB = 1 << 20
DISK = DeviceRate(path="/dev/vda", rate=100)


def host(**limits: Any) -> HostSpec:
    return HostSpec(resources=Resources(**limits))


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"memory": MB}, "Minimum memory limit allowed is 6MB"),
        ({"memory": -5}, "Minimum memory limit allowed is 6MB"),
        (
            {"memory": 10 * MB, "memory_swap": 5 * MB},
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            {"memory_swap": 10 * MB},
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
        ({"memory_swappiness": 101}, "Invalid value: 101, valid memory swappiness range is 0-100"),
        ({"memory_reservation": MB}, "Minimum memory reservation allowed is 6MB"),
        (
            {"memory": 10 * MB, "memory_reservation": 20 * MB},
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
        (
            {"nano_cpus": 10**9, "cpu_period": 1000},
            "Conflicting options: Nano CPUs and CPU Period cannot both be set",
        ),
        ({"nano_cpus": 10**9, "cpu_quota": 1000}, "Conflicting options: Nano CPUs and CPU Quota cannot both be set"),
        ({"nano_cpus": 5 * 10**9}, "Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"),
        ({"nano_cpus": -1}, "Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available"),
        (
            {"cpu_period": 5},
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        ({"cpu_quota": 5}, "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
        ({"cpuset_cpus": "9"}, "Requested CPUs are not available - requested 9, available: 0-3"),
        ({"cpuset_cpus": "1-2,4"}, "Requested CPUs are not available - requested 1-2,4, available: 0-3"),
        ({"cpuset_cpus": "x"}, "Invalid value x for cpuset cpus: invalid format: x"),
        ({"cpuset_cpus": "0,"}, "Invalid value 0, for cpuset cpus: invalid format: 0,"),
        ({"cpuset_mems": "3-1"}, "Invalid value 3-1 for cpuset mems: invalid format: 3-1"),
        (
            {"cpu_realtime_runtime": 2, "cpu_realtime_period": 1},
            "cpu real-time runtime cannot be higher than cpu real-time period",
        ),
    ],
)
def test_refused(limits: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check(host(**limits), FACTS)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (HostSpec(oom_score_adj=2000), "Invalid value 2000, range for oom score adj is [-1000, 1000]"),
        (HostSpec(shm_size=-5), "SHM size can not be less than 0"),
    ],
)
def test_refused_beside_the_limits(asked: HostSpec, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check(asked, FACTS)
    assert str(caught.value) == text


def test_block_weight_out_of_range() -> None:
    with pytest.raises(InvalidArgument, match="Range of blkio weight is from 10 to 1000"):
        check(host(blkio_weight=5), CGROUP_2)


def test_real_time_needs_control_groups_of_version_1() -> None:
    with pytest.raises(InvalidArgument, match="Your kernel does not support CPU real-time scheduler"):
        check(host(cpu_realtime_runtime=1), CGROUP_2)


UNMOUNTED = "or the cgroup is not mounted."


@pytest.mark.parametrize(
    ("limits", "facts", "warning"),
    [
        (
            {"blkio_weight": 5},
            FACTS,
            f"Your kernel does not support Block I/O weight {UNMOUNTED} Weight discarded.",
        ),
        (
            {"blkio_weight_devices": (DISK,)},
            FACTS,
            f"Your kernel does not support Block I/O weight_device {UNMOUNTED} Weight-device discarded.",
        ),
        (
            {"memory_swappiness": 0},
            CGROUP_2,
            f"Your kernel does not support memory swappiness capabilities {UNMOUNTED} Memory swappiness discarded.",
        ),
        (
            {"oom_kill_disable": True, "memory": 64 * MB},
            CGROUP_2,
            "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
        ),
        (
            {"pids_limit": 10},
            replace(FACTS, controllers=()),
            f"Your kernel does not support PIDs limit capabilities {UNMOUNTED} PIDs limit discarded.",
        ),
        (
            {"read_bps": (DISK,)},
            replace(FACTS, controllers=()),
            f"Your kernel does not support BPS Block I/O read limit {UNMOUNTED} Block I/O BPS read limit discarded.",
        ),
    ],
)
def test_discarded_with_a_warning(limits: dict[str, Any], facts: HostFacts, warning: str) -> None:
    asked = host(**limits)
    assert check(asked, facts) == (warning,)
    assert limits_section(replace(asked.resources, memory=0), (), facts) == {}


def test_memory_without_its_controller_goes_with_its_swap() -> None:
    assert effective(Resources(memory=8 * MB, memory_swap=9 * MB), replace(FACTS, controllers=())) == Resources()


@pytest.mark.parametrize("facts", [FACTS, CGROUP_2, replace(FACTS, controllers=())])
def test_what_clients_send_for_no_limit_warns_of_nothing(facts: HostFacts) -> None:
    unlimited = host(memory_swappiness=-1, oom_kill_disable=False, pids_limit=-1, memory_swap=-1)
    assert check(unlimited, facts) == ()


def test_a_disabled_oom_killer_without_a_limit_is_dangerous() -> None:
    (warning,) = check(host(oom_kill_disable=True), FACTS)
    assert warning == (
        "OOM killer is disabled for the container, but no memory limit is set, "
        "this can result in the system running out of resources."
    )


BOUND = replace(FACTS, can_raise_limits=False, nofile_hard=20000, oom_score_adj=100)


@pytest.mark.parametrize(
    ("soft", "hard", "given"),
    [
        (1024, 4096, (1024, 4096)),
        (1024, 100000, (1024, 20000)),
        (100000, 100000, (20000, 20000)),
        (-1, -1, (20000,) * 2),
    ],
)
def test_open_files_stay_within_what_the_engine_may_give(soft: int, hard: int, given: tuple[int, int]) -> None:
    (limit,) = rlimits((Ulimit(name="nofile", soft=soft, hard=hard),), BOUND)
    assert (limit["soft"], limit["hard"]) == given


def test_clamped_values_are_told() -> None:
    asked = HostSpec(oom_score_adj=-500, resources=Resources(ulimits=(Ulimit(name="nofile", soft=1, hard=10**6),)))
    assert check(asked, BOUND) == (
        "Ulimit nofile is above what this host allows. Limited to 1:20000.",
        "OOM score adjustment -500 is below what this host allows. Limited to 100.",
    )
    assert check(asked, FACTS) == ()
    assert oom_score_adj(asked, BOUND) == 100
    assert oom_score_adj(replace(asked, oom_score_adj=300), BOUND) == 300
    assert oom_score_adj(asked, FACTS) == -500


def test_a_limit_on_a_disk_that_is_not_there() -> None:
    with pytest.raises(InternalError, match="/dev/vda: no such file or directory"):
        limits_section(Resources(read_iops=(DISK,)), (), FACTS)


def test_device_paths_to_look_up() -> None:
    devices = (Device(host_path="/dev/fuse", container_path="/dev/f"),)
    assert device_paths(host(devices=devices, read_bps=(DISK,), write_iops=(DISK,))) == ("/dev/fuse", "/dev/vda")
