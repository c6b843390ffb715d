"""The move that moves nothing: our own group is written, and many wishes are one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.kernel import cgroups
from wherry.kernel.cgroups.warmth import CgroupWarmth

pytestmark = [pytest.mark.root, pytest.mark.v2]


def test_we_stay_in_the_group_we_are_in(tmp_path: Path) -> None:
    before = Path("/proc/self/cgroup").read_text()
    warmth = CgroupWarmth(cgroups.probe(), tmp_path / "hurried")
    warmth.begin()
    warmth.close()
    assert Path("/proc/self/cgroup").read_text() == before


@pytest.fixture
def expedited() -> Iterator[Path]:
    """What says whether the kernel hurries; not, for the test."""
    file = Path("/sys/kernel/rcu_expedited")
    if not os.access(file, os.W_OK):
        pytest.skip("nobody may make this kernel hurry")
    before = file.read_text()
    file.write_text("0")
    yield file
    file.write_text(before)


@pytest.mark.alone
def test_grace_periods_are_as_they_were(expedited: Path, tmp_path: Path) -> None:
    warmth = CgroupWarmth(cgroups.probe(), tmp_path / "hurried")
    warmth.begin()
    warmth.close()
    assert expedited.read_text() == "0\n"
    assert (tmp_path / "hurried").read_text() == "0"


@pytest.mark.alone
def test_the_hurry_of_an_engine_that_was_killed_ends_with_the_next(expedited: Path, tmp_path: Path) -> None:
    mark = tmp_path / "hurried"
    mark.write_text("1")
    expedited.write_text("1")
    CgroupWarmth(cgroups.probe(), mark).close()
    assert expedited.read_text() == "0\n"
    assert mark.read_text() == "0"


@pytest.mark.alone
def test_the_hurry_that_the_owner_of_the_host_chose_stays(expedited: Path, tmp_path: Path) -> None:
    expedited.write_text("1")
    warmth = CgroupWarmth(cgroups.probe(), tmp_path / "hurried")
    warmth.begin()
    warmth.close()
    assert expedited.read_text() == "1\n"


def test_wishes_do_not_queue_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    warmth = CgroupWarmth(cgroups.probe(), tmp_path / "hurried")
    moves: list[int] = []
    monkeypatch.setattr(warmth, "_move", lambda group: moves.append(group))
    for _ in range(10_000):
        warmth.begin()
    warmth.close()
    assert 0 < len(moves) < 100
