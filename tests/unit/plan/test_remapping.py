"""``--userns-remap``: rules and texts are those that dockerd 26.1 showed."""

import pytest

from wherry.errors import InvalidArgument
from wherry.model.container import HostSpec
from wherry.model.remapping import IdRange, Remapping
from wherry.plan import remapping

SUBUID = "ann:200000:65536\n# bob:1:2\n1000:500000:1000\nbob:300000:100\nbroken\nbob:310000:200\n"
RANGE = IdRange(inside=0, outside=100000, length=65536)
REMAPPING = Remapping(uids=(RANGE,), gids=(RANGE,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("default", ("default", "")), ("ann", ("ann", "")), ("ann:staff", ("ann", "staff")), ("1000:50", ("1000", "50"))],
)
def test_who_is_named(text: str, expected: tuple[str, str]) -> None:
    assert remapping.named(text) == expected


def test_no_more_than_a_user_and_a_group_are_named() -> None:
    with pytest.raises(InvalidArgument, match='Invalid user/group specification in --userns-remap: "a:b:c"'):
        remapping.named("a:b:c")


def test_the_ranges_of_a_user_follow_each_other_inside() -> None:
    assert remapping.ranges(SUBUID, "subuid", "bob", 1001) == (
        IdRange(inside=0, outside=300000, length=100),
        IdRange(inside=100, outside=310000, length=200),
    )


def test_ranges_by_number_come_before_those_by_name() -> None:
    assert remapping.ranges(SUBUID, "subuid", "ann", 1000) == (IdRange(inside=0, outside=500000, length=1000),)


def test_who_has_no_range_is_refused() -> None:
    with pytest.raises(InvalidArgument, match='Can\'t create ID mappings: no subgid ranges found for user "carl"'):
        remapping.ranges(SUBUID, "subgid", "carl", 1002)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", (100000, 165535)),
        ("ann:100000:65536\n", (165536, 231071)),
        ("ann:90000:20000\nbob:150000:65536\n", (215536, 281071)),
        ("ann:1000000:65536\n", (100000, 165535)),
    ],
)
def test_a_new_range_overlaps_no_other(given: str, expected: tuple[int, int]) -> None:
    assert remapping.free_range(given) == expected


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (
            HostSpec(privileged=True),
            "privileged mode is incompatible with user namespaces.  You must run the container",
        ),
        (HostSpec(network="host"), "cannot share the host's network namespace when user namespaces are enabled"),
        (HostSpec(pid="host"), "cannot share the host PID namespace when user namespaces are enabled"),
    ],
)
def test_what_a_container_in_a_user_namespace_cannot_have(host: HostSpec, text: str) -> None:
    with pytest.raises(InvalidArgument, match=text):
        remapping.check(host, REMAPPING)
    remapping.check(host, None)


def test_in_the_host_s_user_namespace_it_can_have_all() -> None:
    host = HostSpec(privileged=True, network="host", pid="host", userns="host")
    remapping.check(host, REMAPPING)
    assert remapping.remapping_of(host, REMAPPING) is None
    assert remapping.remapping_of(HostSpec(), REMAPPING) is REMAPPING
