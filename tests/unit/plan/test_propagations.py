"""Propagations of binds, as dockerd 26.1.5 answers."""

import pytest

from wherry.errors import InternalError, InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.mount import HostMount, MountPoint
from wherry.plan.mounts import mount_points, propagations

ROOT = "/var/lib/wherry"


def point(source: str, propagation: str = "") -> MountPoint:
    """Of a ``-v``."""
    spec = ContainerSpec(image="i", host=HostSpec(binds=(f"{source}:/dst:{propagation}",)))
    return mount_points.wanted(spec, data_root=ROOT)[0].point


@pytest.mark.parametrize(
    ("propagation", "text"),
    [
        ("shared", "path /src is mounted on /mnt but it is not a shared mount"),
        ("rslave", "path /src is mounted on /mnt but it is not a shared or slave mount"),
    ],
)
def test_mounts_cannot_go_on_from_a_private_mount(propagation: str, text: str) -> None:
    with pytest.raises(InternalError, match=f"^{text}$"):
        propagations.possible(point("/src", propagation), HostMount(point="/mnt"))


@pytest.mark.parametrize(
    ("propagation", "around"),
    [
        ("rprivate", HostMount(point="/")),
        ("rshared", HostMount(point="/", shared=True)),
        ("slave", HostMount(point="/", shared=True)),
        ("slave", HostMount(point="/", slave=True)),
    ],
)
def test_mounts_that_can(propagation: str, around: HostMount) -> None:
    asked = point("/src", propagation)
    assert propagations.possible(asked, around) == asked


@pytest.mark.parametrize("source", ["/", "/var/lib", ROOT, f"{ROOT}/overlay2/x/merged"])
def test_what_the_engine_unmounts_goes_from_containers_too(source: str) -> None:
    found = point(source)
    assert found.propagation == "rslave"
    assert propagations.possible(found, HostMount(point="/", shared=True)).propagation == "rslave"
    assert propagations.possible(found, HostMount(point="/")).propagation == "rprivate"


@pytest.mark.parametrize("source", ["/src", "/var/lib/wherry2", "/var/li"])
def test_other_binds_are_private(source: str) -> None:
    assert point(source).propagation == "rprivate"


@pytest.mark.parametrize("propagation", ["rslave", "rshared"])
def test_a_propagation_that_lets_mounts_of_the_engine_go(propagation: str) -> None:
    found = point(ROOT, propagation)
    assert found.propagation == propagation
    with pytest.raises(InternalError, match="but it is not a shared"):
        propagations.possible(found, HostMount(point="/"))


@pytest.mark.parametrize("propagation", ["private", "rprivate", "slave", "shared"])
def test_a_propagation_that_pins_mounts_of_the_engine(propagation: str) -> None:
    with pytest.raises(InvalidArgument) as told:
        point("/var", propagation)
    assert str(told.value) == (
        'invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within '
        f'the daemon root, daemon root: "{ROOT}", bind mount source: "/var", propagation: "{propagation}"'
    )
