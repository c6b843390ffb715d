"""Nothing stays open: copies of runtimes in memory, and pipes of what cannot be started."""

import gc
import os
import signal
from pathlib import Path

import pytest

from wherry.errors import InvalidArgument, RuntimeFailure
from wherry.model.launch import ExecLaunch
from wherry.runtime.binaries import discover
from wherry.runtime.monitor import ExecMonitor, Monitor, Seat
from wherry.runtime.sessions import PipedSession


def opened() -> int:
    """How many descriptors this process has. Those that other tests forgot are closed first, not in between."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def runtime(tmp_path: Path) -> str:
    """Something that takes itself for runc."""
    path = tmp_path / "runtime"
    path.write_text("#!/bin/sh\necho runc version 9.9\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def seat(tmp_path: Path) -> Seat:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    return Seat(runtime=str(tmp_path / "missing"), state_root=tmp_path, bundle=bundle, exits=tmp_path)


def launch() -> ExecLaunch:
    return ExecLaunch(
        container_id="c" * 64,
        exec_id="e" * 64,
        runtime="",
        command="true",
        tty=False,
        stdin=True,
        attached=True,
    )


async def test_copies_of_runtimes_are_given_up(runtime: str) -> None:
    before = opened()
    binaries = await discover({"fake": runtime}, "fake")
    assert binaries.get("fake").command.startswith("/proc/")
    binaries.close()
    assert not opened() - before


async def test_a_default_that_is_none_leaves_no_copies(runtime: str) -> None:
    before = opened()
    with pytest.raises(InvalidArgument):
        await discover({"fake": runtime}, "other")
    assert not opened() - before


async def test_a_session_whose_runtime_is_gone_leaves_no_pipes(seat: Seat) -> None:
    before = opened()
    with pytest.raises(OSError, match="missing"):
        PipedSession.open(seat, launch())
    assert not opened() - before


async def test_a_monitor_that_is_gone_leaves_no_pipes(seat: Seat) -> None:
    before = opened()
    with pytest.raises(RuntimeFailure):
        ExecMonitor([seat.runtime], seat.bundle)
    assert not opened() - before


async def test_a_monitor_that_ends_at_once_leaves_no_pipes(seat: Seat) -> None:
    before = opened()
    monitor = ExecMonitor(["/bin/true"], seat.bundle)
    await monitor.joinable()
    monitor.close()
    await monitor.child.wait()
    assert not opened() - before


async def test_a_monitor_that_is_given_up_leaves_nothing(seat: Seat) -> None:
    before = opened()
    monitor = Monitor(["/bin/sleep", "1000"], seat.bundle)
    await monitor.give_up()
    assert await monitor.child.wait() == -signal.SIGKILL
    assert not opened() - before
