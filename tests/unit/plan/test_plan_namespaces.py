"""Which cgroup namespace a container gets that asks for none."""

import pytest
from msgspec.structs import replace
from tests.unit.plan.plan_facts import FACTS

from wherry.model.container import ContainerDefaults, ContainerSpec, HostSpec
from wherry.plan.containers.namespaces import with_cgroups


@pytest.mark.parametrize(
    ("host", "version", "default", "result"),
    [
        (HostSpec(), 1, "", "host"),
        (HostSpec(), 2, "", "private"),
        (HostSpec(), 1, "private", "private"),
        (HostSpec(), 2, "host", "host"),
        (HostSpec(cgroup_namespace="private"), 1, "host", "private"),
        (HostSpec(privileged=True), 1, "private", "host"),
        (HostSpec(privileged=True), 2, "", "private"),
        (HostSpec(privileged=True), 2, "host", "host"),
    ],
)
def test_cgroup_namespaces(host: HostSpec, version: int, default: str, result: str) -> None:
    spec, facts = ContainerSpec(image="img", host=host), replace(FACTS, cgroup_version=version)
    completed = with_cgroups(spec, facts, ContainerDefaults(cgroup_namespace=default))
    assert completed.host.cgroup_namespace == result
