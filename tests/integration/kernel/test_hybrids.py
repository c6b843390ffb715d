"""Control groups of both versions: what is on version 2 can be taken from it for a while, and is back then."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.harness.waiting import eventually

from wherry.kernel import cgroups
from wherry.kernel.cgroups import Layout
from wherry.kernel.cgroups.hybrids import take_from_version_2
from wherry.kernel.mounts import mount_table

pytestmark = [pytest.mark.root, pytest.mark.alone]


@pytest.fixture
def hybrid() -> Iterator[Layout]:
    """This host's layout, where it has controllers on both versions; afterwards they are back where they were."""
    layout = cgroups.probe()
    if not layout.hybrid or not layout.unified_controllers:
        pytest.skip("this host has all controllers on one version, or an engine holds those of version 2")
    yield layout
    eventually(lambda: cgroups.probe().unified_controllers == layout.unified_controllers)


@pytest.fixture
def used(hybrid: Layout) -> Iterator[Layout]:
    """The same, with a group on version 2 that has these controllers."""
    root = Path(hybrid.unified)
    group = root / "wherry-test-hybrids"
    group.mkdir()
    for name in hybrid.unified_controllers:
        (root / "cgroup.subtree_control").write_text(f"+{name}")
    yield hybrid
    group.rmdir()
    for name in hybrid.unified_controllers:
        (root / "cgroup.subtree_control").write_text(f"-{name}")


async def test_no_controller_is_on_version_2_meanwhile_and_no_mount_tells_of_it(hybrid: Layout) -> None:
    before = [entry.target for entry in mount_table()]
    with ExitStack() as held:
        await take_from_version_2(hybrid, held)
        assert cgroups.probe().unified_controllers == ()
        assert cgroups.crun_obstacle(cgroups.probe()) is None
        assert [entry.target for entry in mount_table()] == before


async def test_what_two_engines_hold_stays_until_the_second_has_ended(hybrid: Layout) -> None:
    with ExitStack() as second:
        with ExitStack() as first:
            await take_from_version_2(hybrid, first)
            await take_from_version_2(cgroups.probe(), second)
        assert cgroups.probe().unified_controllers == ()


async def test_the_next_engine_takes_what_one_that_has_just_ended_had(hybrid: Layout) -> None:
    for _ in range(5):
        with ExitStack() as held:
            await take_from_version_2(hybrid, held)
            assert cgroups.probe().unified_controllers == ()


async def test_controllers_that_groups_on_version_2_use_stay_there(used: Layout) -> None:
    with ExitStack() as held:
        await take_from_version_2(used, held)
        layout = cgroups.probe()
        assert layout.unified_controllers == used.unified_controllers
        assert cgroups.crun_obstacle(layout) is not None
