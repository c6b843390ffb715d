"""Volumes and copies when the daemon dies."""

import io
import signal
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import VolumeDriver, installed
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

MEMORY = ("-o", "type=tmpfs", "-o", "device=tmpfs")


@pytest.fixture
def cli(clean: Engine, client: str) -> Cli:
    return Cli(clean, client)


def mounted(cli: Cli, volume: str) -> bool:
    return f"/volumes/{volume}/_data " in Path("/proc/self/mountinfo").read_text()


def test_a_device_stays_mounted_for_a_container_that_goes_on(cli: Cli) -> None:
    cli("volume", "create", *MEMORY, "memory")
    cli("run", "-d", "--name", "box", "-v", "memory:/m", "busybox", "sh", "-c", "echo kept > /m/file; sleep 1000")
    eventually(lambda: cli.line("exec", "box", "cat", "/m/file") == "kept")

    cli.engine.kill()
    cli.engine.start()

    assert cli.line("run", "--rm", "-v", "memory:/other", "busybox", "cat", "/other/file") == "kept"
    cli("rm", "-f", "box")
    assert not mounted(cli, "memory")
    cli("volume", "rm", "memory")


def test_it_is_unmounted_for_one_that_ended_meanwhile(cli: Cli) -> None:
    cli("volume", "create", *MEMORY, "memory")
    part = "--mount=type=volume,src=store,dst=/part,volume-subpath=a"  # not in every docker
    cli("run", "--rm", "-v", "store:/s", "busybox", "mkdir", "/s/a")
    Cli(cli.engine, "wherry")("run", "-d", "--name", "box", "-v", "memory:/m", part, "busybox", "sleep", "1000")
    pid = cli.pid("box")

    cli.engine.kill()
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    cli.engine.start()

    eventually(lambda: cli.inspect("box", "{{.State.Status}}") == "exited")
    eventually(lambda: not mounted(cli, "memory"))
    cli("rm", "box")
    cli("volume", "rm", "memory", "store")


def test_a_removal_that_was_broken_off_takes_the_volumes_too(cli: Cli) -> None:
    """Whenever it is, the container and its volume are both gone, or both there."""
    for moment in (0, 1, 2, 4):
        cli("create", "--name", "box", "-v", "/data", "busybox")
        killer = threading.Timer(0.01 * moment, cli.engine.kill)
        killer.start()
        cli("rm", "-v", "box", check=False)
        killer.join()
        cli.engine.start()

        there = cli("inspect", "box", check=False).returncode == 0
        assert len(cli.line("volume", "ls", "-q").split()) == there, f"killed {moment}0 ms after the start"
        if there:
            cli("rm", "-v", "box")


def test_a_copy_that_was_broken_off_leaves_nothing_mounted(cli: Cli) -> None:
    cli("create", "--name", "box", "-v", "store:/data", "busybox", "ls", "/data")
    with cli.beside("cp", "-", "box:/data", stdin=subprocess.PIPE) as copying:
        assert copying.stdin is not None
        copying.stdin.buffer.write(half_an_archive())
        copying.stdin.flush()
        store = cli.engine.data_root / "volumes/store/_data/first"
        eventually(store.exists)
        cli.engine.kill()
        copying.send_signal(signal.SIGKILL)

    cli.engine.start()

    assert "merged" not in "".join(
        line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(cli.engine.data_root) in line
    )
    assert "first" in cli.line("start", "-a", "box")
    cli("rm", "box")
    cli("volume", "rm", "store")


def half_an_archive() -> bytes:
    """A file, and the beginning of another."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("first", "second"):
            entry = tarfile.TarInfo(name)
            entry.size = 100_000
            archive.addfile(entry, io.BytesIO(bytes(entry.size)))
    return buffer.getvalue()[:150_000]


@pytest.mark.alone  # engines of other tests would find the driver, and its volumes
def test_a_drivers_volume_is_held_for_who_goes_on_and_let_go_for_who_ended(cli: Cli, tmp_path: Path) -> None:
    driver = VolumeDriver(tmp_path)
    with installed(driver) as name:
        for box in ("goes-on", "ended"):
            cli("run", "-d", "--name", box, "-v", f"{box}:/v", "--volume-driver", name, "busybox", "sleep", "1000")
        pid = cli.pid("ended")

        cli.engine.kill()
        subprocess.run(["kill", "-KILL", str(pid)], check=True)
        cli.engine.start()

        eventually(lambda: {volume for volume, _ in driver.held} == {"goes-on"})
        cli("restart", "-t", "0", "goes-on")
        assert {volume for volume, _ in driver.held} == {"goes-on"}
        cli("rm", "-f", "goes-on", "ended")
        assert not driver.held
        cli("volume", "rm", "goes-on", "ended")
