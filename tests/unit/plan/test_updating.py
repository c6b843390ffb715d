import pytest
from msgspec.structs import replace
from tests.fakes.host import FACTS

from wherry.errors import Conflict, InvalidArgument
from wherry.model.container import Container, ContainerSpec, HostSpec, RestartPolicy
from wherry.model.resources import Resources
from wherry.plan.containers.updating import Update, apply, check, runtime_section

MB = 1 << 20


def container(auto_remove: bool = False, **limits: object) -> Container:
    host = HostSpec(auto_remove=auto_remove, resources=Resources(**limits))  # type: ignore[arg-type]
    spec = ContainerSpec(image="i", command=("x",), host=host)
    return Container(id="c" * 64, name="c", image_id="i", chain_id="", created=1, spec=spec)


def limits_after(before: Container, **asked: object) -> Resources:
    update = Update(resources=Resources(**asked))  # type: ignore[arg-type]
    return apply(before, update, FACTS).spec.host.resources


def test_what_is_not_asked_for_stays() -> None:
    before = container(memory=100 * MB, memory_swap=200 * MB, cpu_shares=2, pids_limit=5)

    after = limits_after(before, cpu_shares=512)

    assert after == replace(before.spec.host.resources, cpu_shares=512)


def test_unlimited_swap_hinders_no_change_of_other_limits() -> None:
    before = container(memory=100 * MB, memory_swap=-1)

    assert limits_after(before, cpu_shares=512).cpu_shares == 512


@pytest.mark.parametrize(
    ("now", "asked", "text"),
    [
        ({"cpu_period": 5000}, {"nano_cpus": 1}, "Nano CPUs cannot be updated as CPU Period has already been set"),
        ({"cpu_quota": 5000}, {"nano_cpus": 1}, "Nano CPUs cannot be updated as CPU Quota has already been set"),
        ({"nano_cpus": 1}, {"cpu_period": 5000}, "CPU Period cannot be updated as NanoCPUs has already been set"),
        ({"nano_cpus": 1}, {"cpu_quota": 5000}, "CPU Quota cannot be updated as NanoCPUs has already been set"),
        ({"memory": 9 * MB, "memory_swap": 18 * MB}, {"memory": 20 * MB}, "update the memoryswap at the same time"),
        ({}, {"memory": 20 * MB}, "update the memoryswap at the same time"),
    ],
)
def test_conflicts_with_what_it_has(now: dict[str, int], asked: dict[str, int], text: str) -> None:
    with pytest.raises(Conflict, match=text):
        limits_after(container(**now), **asked)


def test_a_restart_policy_does_not_go_with_removal_at_the_end() -> None:
    always = Update(restart=RestartPolicy(name="always"))

    with pytest.raises(Conflict, match="Restart policy cannot be updated because AutoRemove is enabled"):
        apply(container(auto_remove=True), always, FACTS)
    assert apply(container(), always, FACTS).spec.host.restart.name == "always"


def test_swap_without_memory_is_for_a_container_that_has_a_memory_limit() -> None:
    assert check(Update(resources=Resources(memory_swap=100 * MB)), FACTS) == ()
    with pytest.raises(InvalidArgument, match="Minimum memory limit allowed is 6MB"):
        check(Update(resources=Resources(memory=1)), FACTS)


def test_no_limit_of_processes_any_more_is_told_to_the_runtime() -> None:
    after = limits_after(container(pids_limit=5), pids_limit=-1)

    assert after.pids_limit == 0
    assert runtime_section(after, FACTS)["pids"] == {"limit": -1}
