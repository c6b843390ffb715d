"""Containers whose users are others on the host: ``--userns-remap``."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.harness.accounts import GID, UID, RemappingEngine
from tests.harness.building import Builder
from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

OWNERS = ("sh", "-c", 'stat -c "%n %u:%g" "$@"', "sh")


@pytest.fixture(scope="module")
def engine(disk: Path, busybox: Path) -> Iterator[Engine]:
    """An engine that remaps, on a machine with users of its own, with the image busybox."""
    folder = disk / f"userns-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o711)
    engine = RemappingEngine(folder)
    engine.start()
    engine.run("docker", "import", "-c", 'CMD ["/bin/sh"]', str(busybox), "busybox:latest")
    yield engine
    engine.close()


@pytest.fixture(params=["crun", "runc"])
def runtime(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.v2
def test_root_of_a_container_is_another_on_the_host(cli: Cli, runtime: str) -> None:
    cli("run", "-d", "--name", "box", "--runtime", runtime, "busybox", "sleep", "1d")
    assert cli.line("exec", "box", "cat", "/proc/self/uid_map").split() == ["0", str(UID), "65536"]
    assert cli.line("exec", "box", "cat", "/proc/self/gid_map").split() == ["0", str(GID), "65536"]
    assert cli.line("exec", "box", "id", "-u") == "0"
    process = Path(f"/proc/{cli.pid('box')}").stat()
    assert (process.st_uid, process.st_gid) == (UID, GID)
    files = "/bin/busybox", "/etc/hosts", "/etc/resolv.conf", "/dev/shm", "/root"
    owners = cli.line("exec", "box", *OWNERS, *files).splitlines()
    assert owners == [f"{name} 0:0" for name in files]
    cli("exec", "box", "sh", "-c", "echo 10.9.8.7 other >> /etc/hosts && touch /new && chown 5:6 /new")
    assert cli.line("exec", "-u", "1000", "box", "id", "-u") == "1000"


def test_what_info_says(cli: Cli, engine: Engine) -> None:
    assert "name=userns" in cli.line("info", "-f", "{{.SecurityOptions}}")
    assert cli.line("info", "-f", "{{.DockerRootDir}}") == str(engine.data_root)
    for folder in (engine.data_root, engine.data_root.parent):
        status = folder.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, GID, 0o710)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--privileged",), "privileged mode is incompatible with user namespaces.  You must run the container in the"),
        (("--network", "host"), "cannot share the host's network namespace when user namespaces are enabled"),
        (("--pid", "host"), "cannot share the host PID namespace when user namespaces are enabled"),
    ],
)
def test_what_needs_the_host_s_user_namespace(cli: Cli, flags: tuple[str, ...], text: str) -> None:
    assert text in cli.fails(1, "create", *flags, "busybox")
    command = ("sh", "-c", "cat /proc/self/uid_map && touch /new && stat -c %u /new /bin/busybox")
    words = cli.line("run", "--name", "box", "--userns", "host", *flags, "busybox", *command).split()
    assert words == ["0", "0", "4294967295", "0", "0"]
    assert cli.inspect("box", "{{.HostConfig.UsernsMode}}") == "host"


def test_its_root_configures_its_network_and_no_other(cli: Cli, runtime: str) -> None:
    command = "ip link set eth0 mtu 1400 && cat /sys/class/net/eth0/mtu && cat /proc/sys/net/core/somaxconn"
    flags = ("--cap-add", "NET_ADMIN", "--sysctl", "net.core.somaxconn=77", "--runtime", runtime)
    assert cli.line("run", "--rm", *flags, "busybox", "sh", "-c", command) == "1400\n77"
    assert "not permitted" in cli.fails(
        1, "run", "--rm", "--cap-add", "MKNOD", "--runtime", runtime, "busybox", "mknod", "/null", "c", "1", "3"
    )


def answers(engine: Engine, port: int) -> bool:
    fetch = ["curl", "-sf", "-m", "5", f"http://127.0.0.1:{port}/index.html"]
    return subprocess.run(engine.host.inside(fetch), capture_output=True, check=False).returncode == 0


def test_published_ports_lead_into_it(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "-p", "127.0.0.1:18080:80", "busybox", "httpd", "-f", "-h", "/var/www")
    eventually(lambda: answers(engine, 18080))


def test_containers_share_a_network_and_the_user_namespace_with_it(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--ipc", "shareable", "busybox", "sleep", "1d")
    own = cli.line("exec", "box", "readlink", "/proc/self/ns/user")
    for flag in ("--network", "--pid", "--ipc"):
        other = cli.line("run", "--rm", flag, "container:box", "busybox", "readlink", "/proc/self/ns/user")
        assert other == own
    assert cli.line("run", "--rm", "busybox", "readlink", "/proc/self/ns/user") != own
    cli("run", "-d", "--name", "plain", "--userns", "host", "busybox", "sleep", "1d")
    assert "it is in the host's user namespace" in cli.fails(125, "run", "--network", "container:plain", "busybox")


def test_nobody_but_root_reaches_what_may_be_root_s(cli: Cli, engine: Engine) -> None:
    give_away = "cp /bin/busybox /root-shell && chmod 4755 /root-shell && sleep 1d"
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", give_away)
    upper, merged = (
        Path(cli.inspect("box", f"{{{{.GraphDriver.Data.{name}}}}}")) for name in ("UpperDir", "MergedDir")
    )
    eventually(lambda: (upper / "root-shell").exists())
    view = engine.exec_root / "view/overlay2" / upper.parent.name / "diff"

    def reaches(path: Path, uid: int, gid: int) -> bool:
        who = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "cat", path]
        return subprocess.run(engine.host.inside(who), capture_output=True, check=False).returncode == 0

    assert reaches(merged / "root-shell", UID, GID)
    assert engine.host.run(["stat", "-c", "%u", merged / "root-shell"]).stdout.strip() == str(UID)
    for path in (upper / "root-shell", engine.data_root / "wherry.db"):
        assert path.exists()
        assert not reaches(path, UID, GID)
    for path in (merged, view):
        assert not reaches(path / "root-shell", 1000, 1000)


def test_volumes_and_directories_are_its_root_s(cli: Cli, engine: Engine, disk: Path) -> None:
    bound = disk / f"bound-{os.urandom(4).hex()}" / "deep"
    touch = "touch /v/file /b/file && chown 7:8 /v/file"
    cli("run", "--rm", "-v", "data:/v", "-v", f"{bound}:/b", "busybox", "sh", "-c", touch)
    cli("run", "--rm", "-v", "copy:/var/www", "busybox", "true")
    volumes = engine.data_root / "volumes"
    owned = {
        volumes / "data/_data": (UID, GID),
        volumes / "data/_data/file": (UID + 7, GID + 8),
        volumes / "copy/_data/index.html": (UID, GID),
        bound.parent: (UID, GID),
        bound / "file": (UID, GID),
    }
    assert {path: (path.stat().st_uid, path.stat().st_gid) for path in owned} == owned


def test_memory_is_its_root_s(cli: Cli) -> None:
    flags = ("--tmpfs", "/t:uid=5,mode=700", "--mount", "type=tmpfs,dst=/m", "--shm-size", "1m", "--ipc", "shareable")
    places = ("/t", "/m", "/dev/shm")
    owners = cli.line("run", "--rm", *flags, "busybox", *OWNERS, *places).splitlines()
    assert owners == ["/t 5:0", "/m 0:0", "/dev/shm 0:0"]


def test_files_are_copied_in_and_out_with_owners_as_it_sees_them(
    cli: Cli, api: docker.DockerClient, disk: Path
) -> None:
    source = disk / f"copied-{os.urandom(4).hex()}"
    (source / "folder").mkdir(parents=True)
    (source / "folder/file").write_text("text")
    os.chown(source / "folder/file", 5, 6)
    cli("run", "-d", "--name", "box", "-v", "data:/v", "busybox", "sleep", "1d")
    for target in ("/tmp", "/v"):
        cli("cp", "-a", source / "folder", f"box:{target}")
        assert cli.line("exec", "box", *OWNERS, f"{target}/folder/file") == f"{target}/folder/file 5:6"
        cli("exec", "box", "chown", "-R", "7:8", f"{target}/folder")
        done = subprocess.run(
            cli.engine.command(cli.client, "cp", f"box:{target}/folder", "-"), capture_output=True, check=True
        )
        listed = subprocess.run(["tar", "-tv", "--numeric-owner"], input=done.stdout, capture_output=True, check=True)
        assert listed.stdout.decode().count(" 7/8 ") == 2


def test_what_it_changed_is_an_image_for_everybody(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", "touch /new && chown 7:8 /new && rm -r /home")
    assert cli.line("diff", "box").splitlines() == ["D /home", "A /new"]
    cli("commit", "box", "changed")
    for flags in ((), ("--userns", "host")):
        assert cli.line("run", "--rm", *flags, "changed", *OWNERS, "/new") == "/new 7:8"
    cli("rmi", "-f", "changed")


def test_builds_see_owners_as_containers_do(builder: Builder) -> None:
    builder.write("file", "text", mode=0o600)
    done = builder(
        """
        FROM busybox
        COPY file /copied
        COPY --chown=3:4 file /given
        RUN chown 1000 /tmp && cat /copied
        USER 1000
        RUN touch /tmp/made
        USER 0
        RUN --mount=type=cache,target=/cache,uid=5 touch /cache/kept && stat -c "cache %u:%g" /cache
        RUN --mount=type=bind,target=/context cat /context/file
        """,
        "-t",
        "built",
    )
    assert "cache 5:0" in done.stdout
    owners = builder.cli.line("run", "--rm", "built", *OWNERS, "/copied", "/given", "/tmp/made").splitlines()
    assert owners == ["/copied 0:0", "/given 3:4", "/tmp/made 1000:1000"]


@pytest.mark.parametrize("flags", [(), ("-t",), ("-i",)], ids=" ".join)
def test_the_host_s_null_device_stays_root_s(cli: Cli, runtime: str, flags: tuple[str, ...]) -> None:
    command = "echo said > /dev/stdout" if "-t" in flags else "cat && echo said > /dev/stdout"
    assert cli.line("run", "--rm", "--runtime", runtime, *flags, "busybox", "sh", "-c", command) == "said"
    assert os.stat("/dev/null").st_uid == 0


@pytest.mark.parametrize("flags", [(), ("-t",), ("-i",)], ids=" ".join)
def test_a_session_opens_its_streams_by_name(cli: Cli, runtime: str, flags: tuple[str, ...]) -> None:
    cli("run", "-d", "--name", "box", "--runtime", runtime, "busybox", "sleep", "1d")
    assert cli.line("exec", *flags, "box", "sh", "-c", "echo said > /dev/stdout") == "said"


def test_a_session_that_nobody_listens_to_opens_its_streams_by_name(cli: Cli, runtime: str) -> None:
    cli("run", "-d", "--name", "box", "--runtime", runtime, "busybox", "sleep", "1d")
    cli("exec", "-d", "box", "sh", "-c", "echo said > /dev/stdout && echo complained > /dev/stderr && touch /opened")
    eventually(lambda: cli("exec", "box", "test", "-e", "/opened", check=False).returncode == 0)


def test_containers_live_on_when_the_daemon_is_killed(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "box", "--restart", "always", "busybox", "sleep", "1d")
    process = cli.pid("box")
    engine.kill()
    engine.start()
    assert cli.pid("box") == process
    assert cli.line("exec", "box", "sh", "-c", "touch /new && stat -c %u /new") == "0"
    cli("restart", "-t", "0", "box")
    assert cli.line("exec", "box", "stat", "-c", "%u", "/new") == "0"
    cli("rm", "-f", "box")
    assert_nothing_left(engine)
    assert not list((engine.exec_root / "userns").iterdir())


def test_a_daemon_without_the_flag_has_files_of_its_own(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "box", "-p", "127.0.0.1:18081:80", "busybox", "httpd", "-f", "-h", "/var/www")
    process = cli.pid("box")
    engine.stop()
    engine.start("--userns-remap=")
    try:
        assert cli.line("ps", "-aq") == ""
        assert cli.line("images", "-q") == ""
        assert cli.line("info", "-f", "{{.DockerRootDir}}") == str(engine.data_root.parent)
    finally:
        engine.stop()
        engine.start()
    assert cli.pid("box") == process
    eventually(lambda: answers(engine, 18081))


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("nosuch", 'Error during uid lookup for "nosuch": getent unable to find entry "nosuch" in passwd database'),
        ("4999", 'Uid 4999 has no entry in /etc/passwd: getent unable to find entry "4999" in passwd database'),
        ("mapper:nosuch", 'Error during groupname lookup for "nosuch": getent unable to find entry "nosuch" in group'),
        ("poor", 'Can\'t create ID mappings: no subuid ranges found for user "poor"'),
        ("a:b:c", 'Invalid user/group specification in --userns-remap: "a:b:c"'),
    ],
)
def test_who_cannot_be_remapped_to(engine: Engine, disk: Path, who: str, text: str) -> None:
    folders = [
        "--data-root",
        disk / "refused",
        "--exec-root",
        disk / "refused-run",
        "-H",
        f"unix://{disk}/refused.sock",
    ]
    argv = engine.host.inside([engine.daemon, *folders, f"--userns-remap={who}"])
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert text in done.stderr


def test_default_is_a_user_that_the_daemon_makes(engine: Engine, disk: Path, busybox: Path) -> None:
    folder = disk / f"default-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o711)
    other = Engine(folder, "--userns-remap=default", host=engine.host)
    other.exec_root = other.exec_root.with_name(f"{other.exec_root.name}-default")
    engine.stop()
    try:
        other.start()
        assert other.run("docker", "info", "-f", "{{.DockerRootDir}}").stdout.strip().endswith("/100000.100000")
        other.stop()
    finally:
        shutil.rmtree(other.exec_root, ignore_errors=True)
        engine.start()
    assert "dockremap:100000:65536\n" in engine.host.read("/etc/subuid")
    assert "dockremap:100000:65536\n" in engine.host.read("/etc/subgid")
