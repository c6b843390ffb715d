"""Images that go to Docker's own engine and come from there, where it is installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = [pytest.mark.root, pytest.mark.skipif(shutil.which("dockerd") is None, reason="needs dockerd")]

FILL = "echo 'cool content' > /tmp/cool-file; mkdir -m 2750 /shelf; chown 1000:1000 /shelf; ln -s tmp/cool-file /link"
LOOK = "cat /link; stat -c '%u:%g %a' /shelf; readlink /link"


@pytest.fixture(scope="module")
def original(disk: Path) -> Iterator[Engine]:
    folder = disk / "dockerd"
    folder.mkdir()
    engine = Engine(folder, "--bridge=none", "--iptables=false", daemon="dockerd")
    engine.start()
    yield engine
    engine.close()


def fill_and_save(cli: Cli, archive: Path) -> str:
    """An image ``fridge`` of a container that wrote something, as an archive; gives its ID."""
    cli("run", "--name", "filled", "--network", "none", "busybox", "sh", "-ec", FILL)
    image = cli.line("commit", "filled", "fridge")
    cli("rm", "filled")
    cli("save", "-o", archive, "fridge")
    cli("rmi", "fridge")
    return image


def load_and_look(cli: Cli, archive: Path) -> str:
    """What is in the image of such an archive, which is removed again; and its ID."""
    assert cli.line("load", "-i", archive).endswith("Loaded image: fridge:latest")
    image = cli.inspect("fridge", "{{.Id}}")
    seen = cli.line("run", "--rm", "--network", "none", "fridge", "sh", "-c", LOOK)
    cli("rmi", "fridge")
    assert seen == "cool content\n1000:1000 2750\ntmp/cool-file"
    return image


def test_docker_loads_what_was_saved_here(cli: Cli, original: Engine, tmp_path: Path) -> None:
    image = fill_and_save(cli, tmp_path / "fridge.tar")

    assert load_and_look(Cli(original, "docker"), tmp_path / "fridge.tar") == image


def test_what_docker_saved_is_loaded_here(cli: Cli, original: Engine, busybox: Path, tmp_path: Path) -> None:
    docker = Cli(original, "docker")
    docker("import", busybox, "busybox")
    image = fill_and_save(docker, tmp_path / "fridge.tar")

    assert load_and_look(cli, tmp_path / "fridge.tar") == image
