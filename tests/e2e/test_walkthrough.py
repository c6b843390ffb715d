"""What a user does on the first day (docs/walkthrough.md) and what else has no file of its own here."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.harness.cgroups import UNIFIED, limit
from tests.harness.cli import Cli
from tests.harness.engine import Engine, program
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
    eventually(lambda: "sleep" in cli.line("top", "box"))  # the runtime has become it

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


@pytest.mark.v2
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

    fetch = ("run", "--rm", "busybox", "wget", "-qO-", f"http://{address}/")
    assert eventually(lambda: cli(*fetch, check=False).stdout) == "hello from a container\n"
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
