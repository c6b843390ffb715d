"""Image archives between engines: what others save is loaded here, and what is saved here others load.

The others are a real dockerd, podman and skopeo, where they are installed.
"""

import bz2
import gzip
import lzma
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def docker(disk: Path, busybox: Path) -> Iterator[Cli]:
    """The stock command line at a real dockerd with the image ``made:1``: busybox with one more layer."""
    if shutil.which("dockerd") is None:
        pytest.skip("dockerd is not installed")
    engine = Engine(Path(tempfile.mkdtemp(prefix="dockerd-", dir=disk)), "--iptables=false", daemon="dockerd")
    engine.start()
    cli = Cli(engine, "docker")
    make_fridge(cli, busybox, "made:1")
    yield cli
    engine.close()


class Podman:
    """``podman`` on a store of its own, without mounts."""

    def __init__(self, folder: Path) -> None:
        self._command = ["podman", f"--root={folder}/root", f"--runroot={folder}/run", "--storage-driver=vfs"]

    def __call__(self, *arguments: str | Path) -> str:
        done = subprocess.run([*self._command, *arguments], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def podman(disk: Path) -> Iterator[Podman]:
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed")
    with tempfile.TemporaryDirectory(prefix="podman-", dir=disk) as folder:
        yield Podman(Path(folder))


@pytest.fixture
def cli(cli: Cli) -> Iterator[Cli]:
    """A client. Its containers go after the test, and all images but busybox."""
    busybox = cli.inspect("busybox", "{{.Id}}")
    yield cli
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-f", container)
    for image in dict.fromkeys(cli.line("images", "-q", "--no-trunc").split()):
        if image != busybox:
            cli("rmi", "-f", image)


def make_fridge(cli: Cli, busybox: Path, *names: str) -> str:
    """Import, run, commit; gives the ID of the image."""
    cli("import", busybox, "plain")
    cli("run", "--name", "fridge", "--network", "none", "plain", "sh", "-c", "echo 'cool content' > /tmp/cool-file")
    image = cli.line("commit", "fridge", names[0])
    for name in names[1:]:
        cli("tag", names[0], name)
    cli("rm", "fridge")
    return image


def content(cli: Cli, image: str) -> str:
    return cli.line("run", "--rm", "--network", "none", image, "cat", "/tmp/cool-file")


# --- from here to others ---------------------------------------------------------------------------------------------


def test_docker_loads_what_is_saved_here(cli: Cli, docker: Cli, busybox: Path, tmp_path: Path) -> None:
    image = make_fridge(cli, busybox, "fridge:1", "localhost:5000/team/fridge:v2")
    cli("save", "-o", tmp_path / "fridge.tar", "fridge:1", "localhost:5000/team/fridge:v2", "busybox")

    assert docker.line("load", "-i", tmp_path / "fridge.tar").splitlines() == [
        "Loaded image: fridge:1",
        "Loaded image: localhost:5000/team/fridge:v2",
        "Loaded image: busybox:latest",
    ]
    assert docker.inspect("fridge:1", "{{.Id}}") == image
    assert docker.inspect("localhost:5000/team/fridge:v2", "{{.Id}}") == image
    assert content(docker, "fridge:1") == "cool content"
    docker("rmi", "fridge:1", "localhost:5000/team/fridge:v2", "busybox")


def test_an_image_saved_by_its_id_has_no_name_anywhere(cli: Cli, docker: Cli, busybox: Path, tmp_path: Path) -> None:
    image = make_fridge(cli, busybox, "fridge:1")
    cli("save", "-o", tmp_path / "fridge.tar", image[7:19])

    assert docker.line("load", "-i", tmp_path / "fridge.tar") == f"Loaded image ID: {image}"
    docker("rmi", image)


def test_podman_loads_what_is_saved_here(cli: Cli, podman: Podman, busybox: Path, tmp_path: Path) -> None:
    image = make_fridge(cli, busybox, "fridge:1", "localhost:5000/team/fridge:v2")
    cli("save", "-o", tmp_path / "fridge.tar", "fridge:1", "localhost:5000/team/fridge:v2")

    podman("load", "-i", tmp_path / "fridge.tar")

    listed = podman("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
    assert sorted(listed) == [f"localhost/fridge:1 {image}", f"localhost:5000/team/fridge:v2 {image}"]


# --- from others to here ---------------------------------------------------------------------------------------------


def test_what_docker_saves_is_loaded_here(cli: Cli, docker: Cli, tmp_path: Path) -> None:
    docker("tag", "made:1", "localhost:5000/made:2")
    docker("save", "-o", tmp_path / "made.tar", "made:1", "localhost:5000/made:2", "plain")

    assert set(cli.line("load", "-i", tmp_path / "made.tar").splitlines()) == {
        "Loaded image: made:1",
        "Loaded image: localhost:5000/made:2",
        "Loaded image: plain:latest",
    }
    for name in ("made:1", "plain"):
        assert cli.inspect(name, "{{.Id}}") == docker.inspect(name, "{{.Id}}")
    assert content(cli, "localhost:5000/made:2") == "cool content"


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_what_podman_saves_is_loaded_here(cli: Cli, podman: Podman, busybox: Path, tmp_path: Path, form: str) -> None:
    make_fridge(cli, busybox, "fridge:1")
    cli("save", "-o", tmp_path / "fridge.tar", "fridge:1")
    podman("load", "-i", tmp_path / "fridge.tar")
    podman("save", "--format", form, "-o", tmp_path / "podman.tar", "docker.io/library/fridge:1")
    cli("rmi", "fridge:1")

    assert cli.line("load", "-i", tmp_path / "podman.tar") == "Loaded image: fridge:1"
    assert content(cli, "fridge:1") == "cool content"


@pytest.mark.parametrize(
    ("target", "options", "told"),
    [
        ("docker-archive:{}:some/thing:3", [], r"Loaded image: some/thing:3"),
        ("oci-archive:{}:other/thing:4", [], r"Loaded image: other/thing:4"),
        ("oci-archive:{}", [], r"Loaded image ID: sha256:[0-9a-f]{64}"),
        ("oci-archive:{}:a:5", ["--dest-compress-format", "zstd"], r"Loaded image: a:5"),
    ],
)
def test_what_skopeo_copies_is_loaded_here(
    cli: Cli, busybox: Path, tmp_path: Path, target: str, options: list[str], told: str
) -> None:
    make_fridge(cli, busybox, "fridge:1")
    cli("save", "-o", tmp_path / "fridge.tar", "fridge:1")
    source = f"docker-archive:{tmp_path}/fridge.tar:fridge:1"
    copy = ["skopeo", "copy", "-q", *options, source, target.format(tmp_path / "copied.tar")]
    subprocess.run(copy, check=True, capture_output=True)

    printed = cli.line("load", "-i", tmp_path / "copied.tar")

    assert re.fullmatch(told, printed)
    assert content(cli, printed.split(": ", 1)[1]) == "cool content"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_compressed_archive_is_loaded(
    cli: Cli, busybox: Path, tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    image = make_fridge(cli, busybox, "fridge:1")
    cli("save", "-o", tmp_path / "fridge.tar", "fridge:1")
    cli("rmi", "fridge:1")

    assert cli.line("load", stdin=compress((tmp_path / "fridge.tar").read_bytes())) == "Loaded image: fridge:1"
    assert cli.inspect("fridge:1", "{{.Id}}") == image
