"""Control groups of both versions: what is on version 2 can be taken from it for a while, and is back then."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.harness.waiting import eventually

from wherry.kernel import cgroups
from wherry.kernel.cgroups import Layout
from wherry.kernel.cgroups.hybrids import all_on_version_1
from wherry.kernel.mounts import mount_table

pytestmark = [pytest.mark.root, pytest.mark.alone]


@pytest.fixture
def hybrid() -> Iterator[Layout]:
    """This host's layout, where it has controllers on both versions; afterwards they are back where they were."""
    layout = cgroups.probe()
    if not layout.hybrid or not layout.unified_controllers:
        pytest.skip("this host has all controllers on one version")
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


def test_no_controller_is_on_version_2_meanwhile_and_no_mount_tells_of_it(hybrid: Layout) -> None:
    before = [entry.target for entry in mount_table()]
    with all_on_version_1(hybrid):
        assert cgroups.probe().unified_controllers == ()
        assert cgroups.crun_obstacle(cgroups.probe()) is None
        assert [entry.target for entry in mount_table()] == before


def test_two_engines_may_hold_them(hybrid: Layout) -> None:
    with ExitStack() as first, all_on_version_1(hybrid):
        first.enter_context(all_on_version_1(hybrid))
        first.close()
        assert cgroups.probe().unified_controllers == ()


def test_controllers_that_groups_on_version_2_use_stay_there(used: Layout) -> None:
    with all_on_version_1(used):
        layout = cgroups.probe()
        assert layout.unified_controllers == used.unified_controllers
        assert cgroups.crun_obstacle(layout) is not None
