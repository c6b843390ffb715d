"""What a user does on the first day and what else has no file of its own here."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.cgroups import UNIFIED, limit
from tests.harness.cli import Cli
from tests.harness.engine import Engine, program
from tests.harness.registry import Registry
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root


# --- the daemon's flags ----------------------------------------------------------------------------------------------


def test_two_sockets_serve_at_once(other: Engine, client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other.start("-H", "tcp://127.0.0.1:2375")

    over_unix = other.run(client, "version").stdout
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2375")
    over_tcp = subprocess.run(
        other.host.inside([program(client), "version"]), capture_output=True, text=True, check=True
    ).stdout

    assert over_tcp == over_unix
    assert over_tcp.startswith("Client:")
    assert "\nServer:" in over_tcp


def test_debug_lines_and_silence(other: Engine) -> None:
    other.start("-l", "debug")
    other.run("docker", "version")
    assert "level=debug" in other.log.read_text()
    other.stop()
    other.log.write_bytes(b"")

    other.start("--log-level=fatal")
    other.run("docker", "version")
    other.stop()

    assert other.log.read_text() == ""


def test_log_level_from_the_configuration_file(other: Engine) -> None:
    file = other.folder / "daemon.json"
    file.write_text(json.dumps({"log-level": "debug"}))

    other.start("--config-file", str(file))

    assert "level=debug" in other.log.read_text()


# --- what runs in a container ----------------------------------------------------------------------------------------


def test_top(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "61")

    head, row = cli.line("top", "box").splitlines()

    assert head.split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert row.split()[:2] == ["root", str(cli.pid("box"))]
    assert row.endswith("sleep 61")
    assert cli.line("top", "box", "-o", "pid,args").splitlines()[1].split() == [str(cli.pid("box")), "sleep", "61"]


def test_inspect(cli: Cli) -> None:
    container = cli.line("run", "-d", "--name", "box", "-e", "A=b", "busybox", "sleep", "60")

    seen = json.loads(cli.line("inspect", "box"))[0]

    assert seen["Id"] == container
    assert seen["Name"] == "/box"
    assert (seen["Path"], seen["Args"]) == ("sleep", ["60"])
    assert "A=b" in seen["Config"]["Env"]
    assert seen["State"]["Status"] == "running"
    assert Path(f"/proc/{seen['State']['Pid']}/comm").read_text() == "sleep\n"
    assert seen["NetworkSettings"]["IPAddress"].startswith("172.17.0.")
    assert seen["NetworkSettings"]["Networks"]["bridge"]["Gateway"] == "172.17.0.1"
    assert seen["GraphDriver"]["Name"] == "overlay2"
    assert cli.inspect(container[:8], "{{.State.Pid}}") == str(seen["State"]["Pid"])


def test_the_container_ends_with_its_foreground_process(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh")

    eventually(lambda: cli.line("ps", "-a", "--format", "{{.Status}}").startswith("Exited (0)"))


def test_limits_are_in_the_kernels_files(cli: Cli) -> None:
    flags = ["--cpu-shares", "512", "--memory", "64m", "--memory-swap", "128m", "--memory-reservation", "32m"]
    flags += ["--cpus", "0.5", "--cpuset-cpus", "0", "--pids-limit", "50"]
    cli("run", "-d", "--name", "box", *flags, "busybox", "sleep", "60")

    pid = cli.pid("box")

    assert limit(pid, "cpu shares") == ("20" if UNIFIED else "512")
    assert limit(pid, "cpu quota") == "50000"
    assert limit(pid, "cpuset") == "0"
    assert limit(pid, "memory") == str(64 << 20)
    assert limit(pid, "memory and swap") == str((128 - 64 if UNIFIED else 128) << 20)
    assert limit(pid, "memory reservation") == str(32 << 20)
    assert limit(pid, "pids") == "50"


def test_nsenter_enters(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "-h", "inner", "busybox", "sleep", "60")
    enter = ["nsenter", "-m", "-u", "-n", "-p", "-i", "-t", str(cli.pid("box"))]

    shell = subprocess.run(
        [*enter, "/bin/sh", "-c", "hostname; cat /proc/1/comm"], capture_output=True, text=True, check=True
    )

    assert shell.stdout == "inner\nsleep\n"


def test_tools_copied_to_the_host_through_a_bind_mount(cli: Cli, tmp_path: Path) -> None:
    cli(
        "run",
        "--rm",
        "-v",
        f"{tmp_path}:/target",
        "busybox",
        "sh",
        "-c",
        "cp /bin/busybox /target",
    )

    assert subprocess.run([tmp_path / "busybox", "echo", "runs"], capture_output=True, check=True).stdout == b"runs\n"


# --- the network a container sees ------------------------------------------------------------------------------------


def test_the_bridge_and_its_ports(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "busybox", "sleep", "60")
    cli("run", "-d", "busybox", "sleep", "60")

    link = json.loads(engine.host.run(["ip", "-j", "addr", "show", "docker0"]).stdout)[0]
    ports = json.loads(engine.host.run(["ip", "-j", "link", "show", "master", "docker0"]).stdout)

    assert "UP" in link["flags"]
    assert ("172.17.0.1", 16) in [(address["local"], address["prefixlen"]) for address in link["addr_info"]]
    assert len(ports) == 2
    assert all(port["ifname"].startswith("veth") for port in ports)


def test_veths_go_with_their_containers(cli: Cli, engine: Engine) -> None:
    cli("run", "--rm", "busybox", "true")

    eventually(lambda: "veth" not in engine.host.run(["ip", "link"]).stdout)


def test_containers_reach_each_other_and_the_host(cli: Cli) -> None:
    cli("run", "-d", "--name", "web", "busybox", "httpd", "-f", "-h", "/var/www")
    address = cli.inspect("web", "{{.NetworkSettings.IPAddress}}")

    assert cli.line("run", "--rm", "busybox", "wget", "-qO-", f"http://{address}/") == "hello from a container"
    assert "1 packets received" in cli.line("run", "--rm", "busybox", "ping", "-c1", "-W5", "172.17.0.1")


@pytest.mark.parametrize("name", ["hosts", "hostname", "resolv.conf"])
def test_a_containers_files_are_the_ones_on_the_host(cli: Cli, engine: Engine, name: str) -> None:
    container = cli.line("run", "-d", "--name", "box", "--dns", "8.8.4.4", "busybox", "sleep", "60")
    file = engine.data_root / "containers" / container / name

    assert cli("exec", "box", "cat", f"/etc/{name}").stdout == file.read_text()
    with file.open("a") as changed:
        changed.write("# changed from outside\n")
    assert cli("exec", "box", "tail", "-n1", f"/etc/{name}").stdout == "# changed from outside\n"
    assert cli.inspect("box", "{{.ResolvConfPath}} {{.HostnamePath}} {{.HostsPath}}").count(str(file)) == 1


# --- images from a registry ------------------------------------------------------------------------------------------


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
        cli.line("images", "--format", "{{.Repository}} {{.Tag}}", "--filter", f"reference={image}")
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
