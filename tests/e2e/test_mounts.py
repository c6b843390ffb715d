"""What a container shares: folders of the host, named and anonymous volumes, another container's."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root
NEWER = pytest.mark.newer_docker(26)


@pytest.fixture
def image_with_volume(engine: Engine, busybox: Path) -> str:
    """An image that asks for a volume where it has a file already."""
    engine.run("docker", "import", "-c", "VOLUME /var/www", "-c", 'CMD ["sh"]', str(busybox), "with-volume")
    return "with-volume"


def volumes(api: docker.DockerClient) -> list[str]:
    return [str(volume.name) for volume in api.volumes.list()]


# --- binds -----------------------------------------------------------------------------------------------------------


def test_a_bind_goes_both_ways(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "from-host").write_text("hello\n")

    printed = cli.line(
        "run", "--rm", "-v", f"{tmp_path}:/data", "busybox", "sh", "-c", "cat /data/from-host; echo hi > /data/back"
    )

    assert printed == "hello"
    assert (tmp_path / "back").read_text() == "hi\n"


@pytest.mark.parametrize("flag", ["-v={}:/data:ro", "--mount=type=bind,src={},dst=/data,readonly"])
def test_a_read_only_bind(cli: Cli, tmp_path: Path, flag: str) -> None:
    error = cli.fails(1, "run", "--rm", flag.format(tmp_path), "busybox", "touch", "/data/file")

    assert "Read-only file system" in error
    assert list(tmp_path.iterdir()) == []


def test_one_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello\n")

    assert cli.line("run", "--rm", "-v", f"{tmp_path}/file:/etc/here", "busybox", "cat", "/etc/here") == "hello"


def test_v_makes_a_missing_folder_but_mount_does_not(cli: Cli, tmp_path: Path) -> None:
    cli("run", "--rm", "-v", f"{tmp_path}/made/here:/data", "busybox", "true")
    assert (tmp_path / "made/here").is_dir()

    error = cli.fails(125, "run", "--rm", "--mount", f"type=bind,src={tmp_path}/nothing,dst=/data", "busybox", "true")

    assert f"bind source path does not exist: {tmp_path}/nothing" in error
    assert not (tmp_path / "nothing").exists()


@pytest.mark.newer_docker(23)
def test_a_relative_source(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    cli("run", "--rm", "-v", "./sub:/data", "busybox", "touch", "/data/file")

    assert (tmp_path / "sub/file").exists()


def test_mounts_nest(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "outer/inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()

    flags = ["-v", f"{tmp_path}/other:/data/inner", "-v", f"{tmp_path}/outer:/data"]
    cli("run", "--rm", *flags, "busybox", "touch", "/data/inner/file")

    assert (tmp_path / "other/file").exists()
    assert not (tmp_path / "outer/inner/file").exists()


def test_binds_that_make_no_sense(cli: Cli, tmp_path: Path) -> None:
    assert "invalid mode: rx" in cli.fails(125, "run", "-v", f"{tmp_path}:/data:rx", "busybox")
    assert "invalid mount path: 'data' mount path must be absolute" in cli.fails(
        125, "run", "-v", f"{tmp_path}:data", "busybox"
    )
    assert "Duplicate mount point: /data" in cli.fails(
        125, "run", "-v", f"{tmp_path}:/data", "-v", "/tmp:/data", "busybox", "true"
    )
    assert "destination can't be '/'" in cli.fails(125, "run", "-v", f"{tmp_path}:/", "busybox")


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Path]:
    """A folder with a mount in it, that only its owner could use otherwise: no programs, no devices, no set-user-ID."""
    inner = tmp_path / "inner"
    inner.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,noexec", "none", inner], check=True)
    yield tmp_path
    subprocess.run(["umount", inner], check=True)


def mount_options(cli: Cli, flag: str, target: str) -> list[str]:
    """The options that a mount has in a container."""
    line = cli.line("run", "--rm", flag, "busybox", "grep", f" {target} ", "/proc/self/mountinfo")
    return line.split()[5].split(",")


def test_a_bind_keeps_what_its_mount_forbids(cli: Cli, nested: Path) -> None:
    assert {"nosuid", "nodev", "noexec"} < set(mount_options(cli, f"-v={nested}/inner:/m", "/m"))
    subprocess.run(["mount", "-o", "remount,ro,bind", nested / "inner"], check=True)
    assert "ro" in mount_options(cli, f"-v={nested}/inner:/m", "/m")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", "rw"),
        pytest.param(",readonly", "ro", marks=NEWER),  # clients before API 1.44 mean the top only
        pytest.param(",readonly,bind-recursive=writable", "rw", marks=NEWER),
        pytest.param(",readonly,bind-recursive=readonly,bind-propagation=rprivate", "ro", marks=NEWER),
        pytest.param(",readonly,bind-recursive=enabled", "ro", marks=NEWER),
    ],
)
def test_mounts_below_a_bind(cli: Cli, nested: Path, options: str, expected: str) -> None:
    assert expected in mount_options(cli, f"--mount=type=bind,src={nested},dst=/m{options}", "/m/inner")


@pytest.mark.newer_docker(26)
def test_a_bind_without_the_mounts_below(cli: Cli, nested: Path) -> None:
    flag = f"--mount=type=bind,src={nested},dst=/m,bind-recursive=disabled"

    assert (
        cli.line("run", "--rm", flag, "busybox", "sh", "-c", "grep -c ' /m/inner ' /proc/self/mountinfo; true") == "0"
    )


def test_a_shared_bind_passes_mounts_on(cli: Cli, tmp_path: Path) -> None:
    """What is mounted on the host later is seen inside, and the other way round where the bind is shared."""
    subprocess.run(["mount", "--bind", tmp_path, tmp_path], check=True)
    subprocess.run(["mount", "--make-shared", tmp_path], check=True)
    try:
        (tmp_path / "later").mkdir()
        for name in ("rslave", "rshared"):
            cli("run", "-d", "--name", name, "--privileged", "-v", f"{tmp_path}:/m:{name}", "busybox", "sleep", "1000")
        cli("run", "-d", "--name", "private", "-v", f"{tmp_path}:/m", "busybox", "sleep", "1000")
        subprocess.run(["mount", "-t", "tmpfs", "none", tmp_path / "later"], check=True)
        (tmp_path / "later/file").touch()

        assert cli.line("exec", "rslave", "ls", "/m/later") == "file"
        assert cli.line("exec", "private", "ls", "/m/later") == ""
        cli("exec", "rshared", "umount", "/m/later")
        assert not (tmp_path / "later/file").exists()
    finally:
        subprocess.run(["umount", "-R", tmp_path], check=True)


@pytest.mark.parametrize(("mode", "kind"), [("rshared", "shared"), ("rslave", "shared or slave")])
def test_mounts_do_not_go_on_from_a_private_mount(cli: Cli, tmp_path: Path, mode: str, kind: str) -> None:
    subprocess.run(["mount", "--bind", "--make-private", tmp_path, tmp_path], check=True)
    try:
        error = cli.fails(125, "run", "--rm", "-v", f"{tmp_path}:/m:{mode}", "busybox", "true")
    finally:
        subprocess.run(["umount", tmp_path], check=True)

    assert f"path {tmp_path} is mounted on {tmp_path} but it is not a {kind} mount" in error


def test_selinux_labels_are_nothing_here(cli: Cli, tmp_path: Path) -> None:
    cli("run", "--rm", "-v", f"{tmp_path}:/a:z", "-v", f"{tmp_path}:/b:ro,Z", "busybox", "touch", "/a/file")

    assert (tmp_path / "file").exists()


def test_links_to_the_target_are_the_containers(cli: Cli, tmp_path: Path) -> None:
    """An image cannot have a mount land on the host by a link where it is to be."""
    for name in ("shared", "host"):
        (tmp_path / name).mkdir()
    (tmp_path / "shared/file").write_text("shared\n")
    script = f"mkdir -p {tmp_path}/host; ln -s /../../..{tmp_path}/host /way"
    cli("run", "--name", "box", "busybox", "sh", "-c", script)
    cli("commit", "box", "linked")

    try:
        printed = cli.line("run", "--rm", "-v", f"{tmp_path}/shared:/way/in", "linked", "ls", f"{tmp_path}/host/in")
    finally:
        cli("rmi", "-f", "linked")

    assert printed == "file"
    assert list((tmp_path / "host").iterdir()) == []


# --- volumes ---------------------------------------------------------------------------------------------------------


def test_a_named_volume_outlives_its_containers(cli: Cli, api: docker.DockerClient) -> None:
    cli("run", "--rm", "-v", "store:/data", "busybox", "sh", "-c", "echo kept > /data/file")

    assert cli.line("run", "--rm", "-v", "store:/data", "busybox", "cat", "/data/file") == "kept"
    assert volumes(api) == ["store"]


def test_a_volume_begins_with_what_the_image_has_there(cli: Cli) -> None:
    cli("run", "--rm", "-v", "pages:/var/www", "busybox", "sh", "-c", "cd /var/www; echo more > more")

    assert cli.line("run", "--rm", "-v", "pages:/data", "busybox", "ls", "/data").split() == ["index.html", "more"]
    assert cli.line("run", "--rm", "-v", "empty:/var/www:nocopy", "busybox", "ls", "/var/www") == ""


def test_a_read_only_volume(cli: Cli) -> None:
    error = cli.fails(1, "run", "--rm", "-v", "store:/data:ro", "busybox", "touch", "/data/file")

    assert "Read-only file system" in error


def test_rm_v_removes_anonymous_volumes_only(cli: Cli, api: docker.DockerClient) -> None:
    cli("run", "--name", "box", "-v", "/anonymous", "-v", "named:/data", "busybox", "true")
    assert len(volumes(api)) == 2

    cli("rm", "-v", "box")

    assert volumes(api) == ["named"]


def test_rm_without_v_leaves_them(cli: Cli, api: docker.DockerClient) -> None:
    cli("run", "--name", "box", "-v", "/anonymous", "busybox", "true")

    cli("rm", "box")

    assert len(volumes(api)) == 1


def test_a_volume_of_the_image(cli: Cli, api: docker.DockerClient, image_with_volume: str) -> None:
    cli("run", "--name", "box", image_with_volume, "sh", "-c", "echo more > /var/www/more")

    name = cli.inspect("box", "{{(index .Mounts 0).Name}}")
    assert volumes(api) == [name]
    assert cli.line("run", "--rm", "-v", f"{name}:/data", "busybox", "ls", "/data").split() == ["index.html", "more"]


def test_volumes_from_several_containers(cli: Cli) -> None:
    """Of two for one place the last counts; what a container asks for itself counts more."""
    cli("run", "--name", "one", "-v", "/both", "-v", "/first", "busybox", "touch", "/both/one", "/first/one")
    cli("run", "--name", "two", "-v", "/both", "-v", "/own", "busybox", "touch", "/both/two", "/own/two")

    flags = ("--volumes-from", "one:ro", "--volumes-from", "two", "-v", "mine:/own")
    printed = cli.line("run", "--rm", *flags, "busybox", "ls", "/both", "/first", "/own")

    assert printed.split() == ["/both:", "two", "/first:", "one", "/own:"]
    cli("run", "--rm", *flags, "busybox", "touch", "/both/x")
    assert "Read-only" in cli.fails(1, "run", "--rm", *flags, "busybox", "touch", "/first/x")
    assert "invalid mode: rx" in cli.fails(125, "run", "--volumes-from", "one:rx", "busybox", "true")


def test_volumes_from_another_container(cli: Cli, tmp_path: Path) -> None:
    cli("create", "--name", "source", "-v", "store:/data", "-v", f"{tmp_path}:/host", "busybox")

    cli("run", "--rm", "--volumes-from", "source", "busybox", "touch", "/data/file", "/host/file")

    assert (tmp_path / "file").exists()
    assert "Read-only file system" in cli.fails(
        1, "run", "--rm", "--volumes-from", "source:ro", "busybox", "touch", "/data/x"
    )
    assert "No such container: nobody" in cli.fails(125, "run", "--volumes-from", "nobody", "busybox", "true")


def test_where_a_volume_is(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "box", "-v", "store:/data", "busybox", "sh", "-c", "echo hi > /data/file; sleep 60")

    source = Path(cli.inspect("box", "{{(index .Mounts 0).Source}}"))

    assert source == engine.data_root / "volumes/store/_data"
    assert cli.inspect("box", "{{(index .Mounts 0).Type}} {{(index .Mounts 0).RW}}") == "volume true"
    assert os.listdir(source) == ["file"]


def test_a_volume_in_use_stays(cli: Cli, stock: Cli) -> None:
    container = cli.line("create", "-v", "store:/data", "busybox")

    assert f"remove store: volume is in use - [{container}]" in stock.fails(1, "volume", "rm", "store")


def test_a_tmpfs_by_mount(cli: Cli) -> None:
    flag = "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1700"

    printed = cli.line("run", "--rm", "--mount", flag, "busybox", "sh", "-c", "grep ' /t ' /proc/mounts; stat -c %a /t")

    assert "size=1024k" in printed
    assert printed.endswith("1700")
