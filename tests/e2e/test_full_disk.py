"""An engine whose disk is full: what does not fit is told and leaves nothing behind, and what frees space works."""

import gzip
import io
import lzma
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.plugins import managed_plugin
from tests.harness.registry import Registry
from tests.harness.waiting import eventually
from tests.integration.engine.imagery import config_of, docker_archive

pytestmark = pytest.mark.root

MIB = 1 << 20
FULL = "no space left on device"


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield folder
    finally:
        if folder.is_mount():  # an engine that is closed takes along what is mounted on its data root
            subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def engine(disk: Path, busybox: Path) -> Iterator[Engine]:
    folder = Path(tempfile.mkdtemp(prefix="small-", dir=disk))
    engine = Engine(folder)
    with small_disk(engine.data_root, 16 * MIB):
        engine.start()
        engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', str(busybox), "busybox:latest")
        yield engine
        engine.close()


@pytest.fixture
def cli(cli: Cli, engine: Engine) -> Iterator[Cli]:
    """A client. When the containers and images of its test are removed, all is as it was before."""
    before = kept(engine)
    busybox = cli.inspect("busybox", "{{.Id}}")
    yield cli
    for container in cli.line("ps", "-aq").split():
        cli("rm", "-f", container)
    for image in set(cli.line("images", "-q", "--no-trunc").split()) - {busybox}:
        cli("rmi", "-f", image)
    eventually(lambda: on_disk(engine) == before)


def on_disk(engine: Engine) -> set[str]:
    """Layers, containers and blobs on the disk, whole or half, and those that are being deleted."""
    folders = ("overlay2", "containers", "blobs/sha256", "blobs/tmp")
    return {f"{folder}/{name}" for folder in folders for name in os.listdir(engine.data_root / folder)}


def kept(engine: Engine) -> set[str]:
    """The same without those that are being deleted."""
    return {path for path in on_disk(engine) if "/.removed-" not in path}


def image_of(size: int, *, zeros: bool = False) -> bytes:
    """The archive of a root file system with one file that cannot be made smaller, or by much."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("big")
        info.size = size
        tar.addfile(info, io.BytesIO(bytes(size) if zeros else os.urandom(size)))
    return buffer.getvalue()


@contextmanager
def filled(engine: Engine, leave: int = 0) -> Iterator[None]:
    """While the block runs somebody else takes the disk but for ``leave`` bytes."""
    with filled_folder(engine.data_root, leave):
        yield


@contextmanager
def filled_folder(folder: Path, leave: int = 0) -> Iterator[None]:
    ballast = folder / "ballast"
    status = os.statvfs(folder)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - leave)
    try:
        yield
    finally:
        ballast.unlink()


@pytest.mark.parametrize("size", [20 * MIB, 8 * MIB], ids=["as a blob", "as a layer"])
def test_an_import_that_does_not_fit(cli: Cli, size: int) -> None:
    assert FULL in cli.fails(1, "import", "-", "big", stdin=image_of(size))
    assert cli.line("images", "-q", "big") == ""


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, ZstdCompressor().compress], ids=["gz", "xz", "zst"])
def test_a_bomb(cli: Cli, engine: Engine, compress: Callable[[bytes], bytes]) -> None:
    """It is small on its way in, and fills neither memory nor, in the end, the disk."""
    bomb = compress(image_of(200 * MIB, zeros=True))
    assert len(bomb) < MIB

    assert FULL in cli.fails(1, "import", "-", "big", stdin=bomb)
    layer = image_of(MIB)
    assert FULL in cli.fails(1, "load", stdin=docker_archive(config_of(layer), bomb, names=("big:1",)))

    assert cli.line("images", "-q", "big") == ""
    assert engine.highest_memory() < 150 * MIB


@pytest.mark.parametrize("size", [20 * MIB, 8 * MIB], ids=["as a blob", "as a layer"])
def test_a_load_that_does_not_fit(cli: Cli, size: int) -> None:
    layer = image_of(size)

    assert FULL in cli.fails(1, "load", stdin=docker_archive(config_of(layer), layer, names=("big:1",)))
    assert cli.line("images", "-q", "big") == ""


@pytest.mark.parametrize("size", [20 * MIB, 8 * MIB], ids=["as a blob", "as a layer"])
def test_a_pull_that_does_not_fit(cli: Cli, engine: Engine, tmp_path: Path, size: int) -> None:
    layer = image_of(size)
    archive = tmp_path / "big.tar"
    archive.write_bytes(docker_archive(config_of(layer), layer))
    with Registry(engine.host, tmp_path) as registry:
        registry.push(archive, "big:1")

        assert FULL in cli.fails(1, "pull", f"{registry.address}/big:1")

    assert cli.line("images", "-q", "big") == ""


def test_a_plugin_that_does_not_fit(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    made = managed_plugin(tmp_path / "made", "docker.volumedriver/1.0")
    (made / "rootfs/big").write_bytes(os.urandom(20 * MIB))
    assert FULL in cli.fails(1, "plugin", "create", "big", made)
    (made / "rootfs/big").write_bytes(os.urandom(2 * MIB))
    with Registry(engine.host, tmp_path) as registry:
        name = f"{registry.address}/big:1"
        cli("plugin", "create", name, made)
        cli("plugin", "push", name)
        cli("plugin", "rm", name)
        eventually(lambda: os.listdir(engine.data_root / "plugins") == [])

        with filled(engine, leave=3 * MIB):
            assert FULL in cli.fails(1, "plugin", "install", "--grant-all-permissions", name)
    assert cli.line("plugin", "ls", "-q") == ""
    eventually(lambda: os.listdir(engine.data_root / "plugins") == [])


def test_a_commit_that_does_not_fit(cli: Cli, engine: Engine) -> None:
    cli("run", "--name", "writer", "busybox", "sh", "-c", "head -c 3000000 /dev/urandom > /file")

    with filled(engine, leave=2 * MIB):
        assert FULL in cli.fails(1, "commit", "writer", "committed")

    assert cli.line("images", "-q", "committed") == ""
    cli("commit", "writer", "committed")
    assert cli.line("run", "--rm", "committed", "stat", "-c", "%s", "/file") == "3000000"


def test_a_save_that_the_engine_has_no_space_for(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    cli("run", "--name", "writer", "busybox", "sh", "-c", "head -c 3000000 /dev/urandom > /file")
    cli("commit", "writer", "committed")

    with filled(engine, leave=2 * MIB):
        assert FULL in cli.fails(1, "save", "-o", tmp_path / "saved.tar", "committed")

    assert list(tmp_path.iterdir()) == []
    cli("save", "-o", tmp_path / "saved.tar", "committed")


def test_a_save_onto_a_full_disk(cli: Cli, tmp_path: Path) -> None:
    with small_disk(tmp_path / "target", MIB) as target:
        assert FULL in cli.fails(1, "save", "-o", target / "saved.tar", "busybox").lower()
        assert list(target.iterdir()) == []


@pytest.mark.parametrize("step", ["RUN head -c 3000000 /dev/urandom > /file && sync", "COPY big /", "ADD big.tar /to/"])
def test_a_build_that_does_not_fit(cli: Cli, engine: Engine, tmp_path: Path, step: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\n{step}\n")
    (tmp_path / "big").write_bytes(os.urandom(3_000_000))
    (tmp_path / "big.tar").write_bytes(image_of(3_000_000))

    with filled(engine, leave=2 * MIB):
        done = cli("build", "-t", "built", tmp_path, check=False)

    assert done.returncode == 1
    assert FULL in (done.stdout + done.stderr).lower() or "I/O error" in done.stdout + done.stderr
    assert cli.line("images", "-q", "built") == ""
    assert list((engine.data_root / "builds").iterdir()) == []
    cli("build", "-t", "built", tmp_path)
    cli("builder", "prune", "-af")


def test_files_that_do_not_fit_into_a_container(cli: Cli, engine: Engine, tmp_path: Path) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    (tmp_path / "big").write_bytes(os.urandom(3_000_000))

    with filled(engine, leave=MIB):
        assert FULL in cli.fails(1, "cp", tmp_path / "big", "box:/big")

    cli("cp", tmp_path / "big", "box:/big")
    assert cli.line("exec", "box", "stat", "-c", "%s", "/big") == "3000000"


def test_what_is_new_and_does_not_fit(cli: Cli, engine: Engine) -> None:
    with filled(engine):
        while cli("volume", "create", check=False).returncode == 0:  # the last blocks of the records' log
            pass
        for command in (
            ("volume", "create", "new"),
            ("network", "create", "new"),
            ("create", "--name", "new", "busybox"),
            ("tag", "busybox", "new"),
        ):
            assert FULL in cli.fails(1, *command)
        assert FULL in cli.fails(125, "run", "--name", "new", "-v", "new:/bin", "busybox")

    assert cli.line("ps", "-aq") == ""
    assert "new" not in cli.line("network", "ls", "--format", "{{.Name}}").split()
    cli("run", "--name", "new", "-v", "new:/bin", "busybox", "true")
    cli("rm", "new")
    cli("volume", "rm", "new")


def test_many_containers_end_and_go_while_the_disk_is_full(cli: Cli, engine: Engine) -> None:
    names = [f"box{number}" for number in range(12)]
    for name in names:
        cli("run", "-d", "--name", name, "busybox", "sleep", "1000")

    with filled(engine):
        for name in names:
            cli("rename", name, f"{name}-2")
        ended = [cli("kill", f"{name}-2") and cli.line("wait", f"{name}-2") for name in names]
        assert ended == ["137"] * len(names)
        cli("rm", *(f"{name}-2" for name in names))


def test_a_container_that_fills_the_disk_ends_and_goes(cli: Cli, engine: Engine) -> None:
    error = cli.fails(1, "run", "--name", "filler", "busybox", "sh", "-c", "cat /dev/zero > /file")

    assert FULL in error.lower()
    assert cli.inspect("filler", "{{.State.Status}} {{.State.ExitCode}}") == "exited 1"
    assert cli.line("rm", "filler") == "filler"


def test_what_takes_space_can_be_removed_from_a_full_disk(cli: Cli, engine: Engine) -> None:
    cli("import", "-", "big", stdin=image_of(MIB))
    container = cli.line("create", "big", "x")

    with filled(engine):
        assert cli.line("rm", container) == container
        assert cli.line("rmi", "big").startswith("Untagged: big:latest\nDeleted: ")


def test_an_engine_that_dies_on_a_full_disk_comes_back(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "lasting", "busybox", "sleep", "1000")

    with filled(engine):
        engine.kill()
        engine.start()
        assert cli.inspect("lasting", "{{.State.Status}}") == "running"
        cli("rm", "-f", "lasting")


def test_no_space_where_containers_have_their_sockets(other: Engine, client: str, busybox: Path) -> None:
    with small_disk(other.exec_root, 4 * MIB):
        other.start()
        cli = Cli(other, client)
        cli("import", str(busybox), "busybox")
        for name in ("lasting", "killed"):
            cli("run", "-d", "--name", name, "busybox", "sleep", "1000")

        with filled_folder(other.exec_root):
            assert FULL in cli.fails(125, "run", "--name", "new", "busybox", "true").lower()
            done = cli("exec", "lasting", "true", check=False)
            assert done.returncode == 126
            assert FULL in (done.stdout + done.stderr).lower()
            assert cli("kill", "killed") and cli.line("wait", "killed") == "137"
            cli("rm", "killed")

        assert cli.line("exec", "lasting", "echo", "hi") == "hi"
        cli("start", "new")
        assert cli.line("wait", "new") == "0"
        cli("rm", "-f", "lasting", "new")
        other.stop()
