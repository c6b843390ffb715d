"""A daemon that dies while images come, go and are made: the next one has them whole, or not at all."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.interrupting import lives
from tests.harness.leftovers import assert_soon, on_disk
from tests.harness.registry import Registry
from tests.integration.engine.imagery import config_of, docker_archive

pytestmark = pytest.mark.root

FILES = 1200


def layer_of(files: int) -> bytes:
    """A root file system that takes a while to unpack, its last file in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number in range(files):
            info = tarfile.TarInfo(f"file{number}")
            info.size = 4000
            tar.addfile(info, io.BytesIO(os.urandom(4000)))
    return buffer.getvalue()


BASE, TOP = layer_of(600), layer_of(FILES)
ARCHIVE = docker_archive(config_of(BASE, TOP, config={"Cmd": ["x"]}), BASE, TOP, names=("big:1",))


@pytest.fixture
def cli(clean: Engine) -> Cli:
    return Cli(clean, "docker")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "big.tar"
    path.write_bytes(ARCHIVE)
    return path


def check(cli: Cli, tmp_path: Path, files: int, before: set[str]) -> None:
    """``big`` has all its files and blobs, if it is there; without it nothing is left."""
    if cli.line("images", "-q", "big"):
        container = cli.line("create", "big:1")
        cli("export", "-o", tmp_path / "exported.tar", container)
        cli("rm", container)
        with tarfile.open(tmp_path / "exported.tar") as exported:
            assert len([info for info in exported if info.name.startswith("file")]) == files
        cli("save", "-o", tmp_path / "saved.tar", "big:1")
        cli("rmi", "big:1")
    assert_soon(lambda: on_disk(cli.engine), before)


def test_killed_while_an_archive_is_loaded(cli: Cli, archive: Path, tmp_path: Path) -> None:
    before = on_disk(cli.engine)
    for _ in lives(cli, "load", "-i", archive):
        check(cli, tmp_path, FILES, before)


def test_killed_while_a_tar_is_imported(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "root.tar").write_bytes(TOP)
    before = on_disk(cli.engine)
    for _ in lives(cli, "import", "-c", "CMD x", tmp_path / "root.tar", "big:1"):
        check(cli, tmp_path, FILES, before)


def test_killed_while_an_image_is_pulled(cli: Cli, archive: Path, tmp_path: Path) -> None:
    before = on_disk(cli.engine)
    with Registry(cli.engine.host, tmp_path) as registry:
        registry.push(archive, "big:1")
        for _ in lives(cli, "pull", f"{registry.address}/big:1"):
            if cli.line("images", "-q", f"{registry.address}/big"):
                cli("tag", f"{registry.address}/big:1", "big:1")
                cli("rmi", f"{registry.address}/big:1")
            check(cli, tmp_path, FILES, before)


def test_killed_while_a_container_becomes_an_image(cli: Cli, tmp_path: Path) -> None:
    fill = "i=0; while [ $i -lt 500 ]; do echo $i > /file$i; i=$((i+1)); done"
    cli("run", "--name", "filled", "busybox", "sh", "-c", fill)
    before = on_disk(cli.engine)
    for _ in lives(cli, "commit", "filled", "big:1"):
        check(cli, tmp_path, 500, before)


def test_killed_while_an_image_is_removed(cli: Cli, archive: Path, tmp_path: Path) -> None:
    before = on_disk(cli.engine)
    cli("load", "-i", archive)
    for _ in lives(cli, "rmi", "big:1"):
        check(cli, tmp_path, FILES, before)
        cli("load", "-i", archive)
    cli("rmi", "big:1")
