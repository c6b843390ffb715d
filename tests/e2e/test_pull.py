"""Images that come from registries: pull, and run of what is not here."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.registry import Registry
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


@pytest.fixture
def registry(engine: Engine, disk: Path, busybox: Path) -> Iterator[Registry]:
    """A registry with an image ``x`` that this engine has no layer of."""
    folder = disk / f"registry-{os.urandom(4).hex()}"
    folder.mkdir()
    (folder / "unique").write_bytes(os.urandom(8))
    tree = shutil.copy(busybox, folder / "tree.tar")
    subprocess.run(["tar", "-C", folder, "-rf", tree, "unique"], check=True)
    engine.run("docker", "import", str(tree), "unique")
    engine.run("docker", "save", "-o", folder / "image.tar", "unique")
    engine.run("docker", "rmi", "unique")
    with Registry(engine.host, folder) as registry:
        registry.push(folder / "image.tar", "x:latest")
        yield registry


def layers(engine: Engine) -> set[str]:
    return {entry.name for entry in (engine.data_root / "overlay2").iterdir()}


def test_pull_from_a_registry_on_loopback(cli: Cli, engine: Engine, registry: Registry) -> None:
    image = f"{registry.address}/x"
    before = layers(engine)

    printed = cli.line("pull", image).splitlines()

    assert printed[:2] == ["Using default tag: latest", "latest: Pulling from x"]
    assert printed[2].endswith(": Pulling fs layer")
    assert printed[-3].startswith("Digest: sha256:")
    assert printed[-2:] == [f"Status: Downloaded newer image for {image}:latest", f"{image}:latest"]
    assert layers(engine) > before
    assert cli.line("run", "--rm", image, "echo", "runs") == "runs"
    assert f"Status: Image is up to date for {image}:latest" in cli("pull", image).stdout
    cli("rmi", image)
    eventually(lambda: layers(engine) == before)


def test_pull_by_digest(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/x"
    cli("pull", image)
    digest = cli.inspect(image, "{{index .RepoDigests 0}}")
    cli("rmi", image)

    assert cli.line("pull", "-q", digest) == digest
    assert (
        cli.line("images", "-a", "--format", "{{.Repository}} {{.Tag}}", "--filter", f"reference={image}")
        == f"{image} <none>"
    )
    cli("rmi", digest)


def test_run_pulls_what_is_missing(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/x"

    done = cli("run", "--name", "box", image, "echo", "runs")

    assert done.stdout == "runs\n"
    assert f"Unable to find image '{image}:latest' locally" in done.stderr
    assert f"Status: Downloaded newer image for {image}:latest" in done.stderr
    cli("rmi", "-f", image)


def test_what_a_registry_does_not_have(cli: Cli, registry: Registry) -> None:
    assert "manifest for localhost:5055/x:nothing not found" in cli.fails(1, "pull", f"{registry.address}/x:nothing")
    assert "localhost:5055/nothing:latest not found" in cli.fails(125, "run", f"{registry.address}/nothing")


def test_progress_on_a_terminal_has_bars(cli: Cli, registry: Registry) -> None:
    with cli.terminal("pull", f"{registry.address}/x") as terminal:
        terminal.expect("Pull complete")
        terminal.expect("Status: Downloaded newer image")

        assert terminal.wait() == 0
    cli("rmi", f"{registry.address}/x")


def test_docker_hub_by_way_of_a_mirror(other: Engine, busybox: Path, client: str, tmp_path: Path, disk: Path) -> None:
    other.start("--registry-mirror", "http://localhost:5055")
    cli = Cli(other, client)
    cli("import", busybox, "made")
    cli("save", "-o", disk / "made.tar", "made")
    cli("rmi", "made")
    with Registry(other.host, tmp_path) as registry:
        registry.push(disk / "made.tar", "coreos/etcd:latest")

        printed = cli.line("pull", "coreos/etcd").splitlines()

    assert printed[:2] == ["Using default tag: latest", "latest: Pulling from coreos/etcd"]
    assert printed[-1] == "docker.io/coreos/etcd:latest"
    assert cli.line("run", "--rm", "--network", "none", "coreos/etcd", "echo", "runs") == "runs"


def test_an_image_for_another_platform_is_told(cli: Cli, registry: Registry) -> None:
    image = f"{registry.address}/x"

    said = cli.fails(1, "pull", "--platform", "linux/arm64", image)

    assert said == (
        f"image with reference {image}:latest was found but does not match the specified platform: "
        "wanted linux/arm64, actual: linux/amd64\n"
    )
    assert cli.inspect(image, "{{.Architecture}}") == "amd64"
    cli("rmi", image)
