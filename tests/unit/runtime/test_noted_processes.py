"""Whose number a monitor wrote down."""

import os
import time
from pathlib import Path

import pytest

from wherry.kernel import identity
from wherry.runtime.monitor import noted_process


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "pidfile"
    path.write_text(str(os.getpid()))
    return path


def test_it_is_who_has_the_number(note: Path) -> None:
    assert noted_process(note) == identity.identify(os.getpid())


@pytest.mark.parametrize("hours", [-2, 2])
def test_it_is_so_although_the_clock_is_set(note: Path, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + hours * 3600)

    assert noted_process(note) == identity.identify(os.getpid())


def test_it_is_nobody_whose_life_began_after_the_note(note: Path) -> None:
    os.utime(note, (0, time.time() - 365 * 24 * 3600))

    assert noted_process(note) is None
