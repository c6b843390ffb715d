"""The move that moves nothing: our own group is written, and many wishes are one."""

from pathlib import Path

import pytest

from wherry.kernel import cgroups
from wherry.kernel.cgroup_warmth import CgroupWarmth

pytestmark = [pytest.mark.root, pytest.mark.v2]


def test_we_stay_in_the_group_we_are_in() -> None:
    before = Path("/proc/self/cgroup").read_text()
    warmth = CgroupWarmth(cgroups.probe())
    warmth.begin()
    warmth.close()
    assert Path("/proc/self/cgroup").read_text() == before


def test_grace_periods_are_as_they_were() -> None:
    expedited = Path("/sys/kernel/rcu_expedited")
    before = expedited.read_text()
    warmth = CgroupWarmth(cgroups.probe())
    warmth.begin()
    warmth.close()
    assert expedited.read_text() == before


def test_wishes_do_not_queue_up(monkeypatch: pytest.MonkeyPatch) -> None:
    warmth = CgroupWarmth(cgroups.probe())
    moves: list[int] = []
    monkeypatch.setattr(warmth, "_move", lambda: moves.append(1))
    for _ in range(10_000):
        warmth.begin()
    warmth.close()
    assert 0 < len(moves) < 100
