"""Specs that dockerd 26.1.5 refuses, and its words."""

from typing import Any

import pytest
from tests.unit.plan.plan_facts import FACTS

from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec, RestartPolicy
from wherry.model.image import Healthcheck
from wherry.model.resources import Resources
from wherry.plan.containers.validation import check


def spec(host: HostSpec | None = None, **asked: Any) -> ContainerSpec:
    return ContainerSpec(image="img", host=host or HostSpec(), **asked)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (spec(env=("=x",)), "invalid environment variable: =x"),
        (
            spec(HostSpec(annotations={"": "s"})),
            "invalid Annotations: the empty string is not permitted as an annotation key",
        ),
        (spec(HostSpec(uts="host"), hostname="q"), "conflicting options: hostname and the UTS mode"),
        (spec(HostSpec(network="container:a"), hostname="q"), "conflicting options: hostname and the network mode"),
        (spec(HostSpec(ipc="foo")), "invalid IPC mode: foo"),
        (spec(HostSpec(pid="private")), "invalid PID mode: private"),
        (spec(HostSpec(pid="container:")), "invalid PID mode: container:"),
        (spec(HostSpec(uts="private")), "invalid UTS mode: private"),
        (spec(HostSpec(cgroup_namespace="foo")), "invalid cgroup namespace mode: foo"),
        (
            spec(HostSpec(restart=RestartPolicy(name="foo"))),
            "invalid restart policy: unknown policy 'foo'; "
            "use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
        ),
        (
            spec(HostSpec(restart=RestartPolicy(name="always", maximum=2))),
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ),
        (
            spec(HostSpec(restart=RestartPolicy(name="on-failure", maximum=-1))),
            "invalid restart policy: maximum retry count cannot be negative",
        ),
        (
            spec(HostSpec(restart=RestartPolicy(name="always"), auto_remove=True)),
            "can't create 'AutoRemove' container with restart policy",
        ),
        (spec(HostSpec(extra_hosts=("c",))), 'bad format for add-host: "c"'),
        (spec(HostSpec(extra_hosts=(":1.2.3.4",))), 'bad format for add-host: ":1.2.3.4"'),
        (spec(HostSpec(extra_hosts=("a:b:c",))), 'invalid IP address in add-host: "b:c"'),
        (spec(healthcheck=Healthcheck(interval=-1)), "Interval in Healthcheck cannot be less than 1ms"),
        (spec(healthcheck=Healthcheck(start_period=5)), "StartPeriod in Healthcheck cannot be less than 1ms"),
        (spec(healthcheck=Healthcheck(retries=-1)), "Retries in Healthcheck cannot be negative"),
        (spec(stop_signal="FOO"), "invalid signal: FOO"),
        (spec(HostSpec(cap_add=("foo",))), 'invalid CapAdd: unknown capability: "CAP_FOO"'),
        (spec(HostSpec(resources=Resources(memory=1))), "Minimum memory limit allowed is 6MB"),
    ],
)
def test_refused(asked: ContainerSpec, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check(asked, FACTS)
    assert str(caught.value) == text


def test_a_bad_security_option() -> None:
    with pytest.raises(InternalError, match='invalid --security-opt 1: "foo"'):
        check(spec(HostSpec(security_opt=("foo",))), FACTS)


def test_everything_at_once_that_is_fine() -> None:
    host = HostSpec(
        ipc="container:a",
        pid="host",
        uts="host",
        cgroup_namespace="private",
        restart=RestartPolicy(name="on-failure", maximum=3),
        extra_hosts=("a:host-gateway", "b:::1", "c:1.2.3.4"),
        annotations={"a": ""},
    )
    health = Healthcheck(test=("CMD", "true"), interval=10**6)
    assert check(spec(host, env=("A=", "B"), stop_signal="SIGINT", healthcheck=health), FACTS) == ()


def test_warnings_are_passed_on() -> None:
    (warning,) = check(spec(HostSpec(resources=Resources(blkio_weight=100))), FACTS)
    assert warning.endswith("Weight discarded.")
