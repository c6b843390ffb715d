"""Data roots where no engine can work: it says why and what to do, and ends."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.engine import DAEMON, Engine

pytestmark = pytest.mark.root


@contextmanager
def mounted(target: Path, *options: str) -> Iterator[None]:
    target.mkdir(parents=True)
    subprocess.run(["mount", *options, "none", target], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", target], check=True)


def refused(engine: Engine) -> str:
    """What a daemon says last that does not start."""
    argv = [DAEMON, "-H", engine.url, "--data-root", engine.data_root, "--exec-root", engine.exec_root]
    done = subprocess.run(engine.host.inside(argv), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    return done.stderr.splitlines()[-1]


def test_a_file_system_without_the_attributes_that_overlays_need(other: Engine) -> None:
    with mounted(other.data_root, "-t", "ramfs"):
        assert refused(other) == (
            f"failed to start daemon: {other.data_root}/overlay2 is on ramfs, where overlay mounts do not work "
            "(trusted extended attributes: operation not supported): use another data root"
        )


def test_an_overlay_on_an_overlay(other: Engine) -> None:
    layers = {name: other.folder / name for name in ("lowerdir", "upperdir", "workdir")}
    for folder in layers.values():
        folder.mkdir()
    options = ",".join(f"{name}={folder}" for name, folder in layers.items())
    with mounted(other.data_root, "-t", "overlay", "-o", options):
        assert refused(other) == (
            f"failed to start daemon: {other.data_root}/overlay2 is on overlay, where overlay mounts do not work "
            "(overlay on overlay): use another data root"
        )


def test_a_file_system_that_is_only_read(other: Engine) -> None:
    with mounted(other.data_root, "-t", "tmpfs", "-o", "ro"):
        assert refused(other) == f"failed to start daemon: lock {other.data_root}: read-only file system"


def test_a_file(other: Engine) -> None:
    other.data_root.write_text("precious")

    assert refused(other) == f"failed to start daemon: open data root {other.data_root}: file exists"
    assert other.data_root.read_text() == "precious"


@pytest.mark.parametrize("folder", ["overlay2", "builds"])
def test_what_comes_and_goes_is_spread_over_the_disk(engine: Engine, folder: str) -> None:
    """``chattr +T``: ext4 takes 0.7 ms to create a file where thousands were deleted within the last seconds."""
    kind = subprocess.run(["stat", "-fc", "%T", engine.data_root], capture_output=True, check=True, text=True).stdout
    if kind.strip() != "ext2/ext3":  # as stat(1) calls ext4
        pytest.skip("no ext4")
    said = subprocess.run(["lsattr", "-d", engine.data_root / folder], capture_output=True, check=True, text=True)
    assert "T" in said.stdout.split()[0]
