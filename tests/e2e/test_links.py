"""Links of the default bridge: names, variables, addresses that follow, refusals."""

import os
import signal

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

HTTPD = ("busybox", "httpd", "-f", "-h", "/var/www")
GREETING = "hello from a container\n"


def test_a_container_knows_another_by_its_alias(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", "--expose", "80", "-e", "COLOUR=red", *HTTPD)

    cli("run", "-d", "--name", "receiver", "--link=src:alias-src", "busybox", "sleep", "60")

    address = cli.inspect("src", "{{.NetworkSettings.IPAddress}}")
    hosts = cli.line("exec", "receiver", "cat", "/etc/hosts").splitlines()
    assert f"{address}\talias-src {cli.inspect('src', '{{.Config.Hostname}}')} src" in hosts
    assert cli.inspect("receiver", "{{json .HostConfig.Links}}") == '["/src:/receiver/alias-src"]'
    assert eventually(lambda: cli("exec", "receiver", "wget", "-qO-", "http://alias-src/", check=False).stdout)


def test_variables_tell_of_it(cli: Cli) -> None:
    exposed = ("--expose", "80", "--expose", "90-92", "--expose", "53/udp")
    cli("run", "-d", "--name", "src", *exposed, "-e", "COLOUR=red", "-e", "HOME=/x", *HTTPD)
    address = cli.inspect("src", "{{.NetworkSettings.IPAddress}}")

    told = cli.line("run", "--rm", "--name", "receiver", "--link", "src:alias-src", "busybox", "env").splitlines()

    assert {line.removeprefix("ALIAS_SRC_") for line in told if line.startswith("ALIAS_SRC_")} >= {
        f"PORT=udp://{address}:53",
        f"PORT_80_TCP=tcp://{address}:80",
        f"PORT_80_TCP_ADDR={address}",
        "PORT_80_TCP_PORT=80",
        "PORT_80_TCP_PROTO=tcp",
        f"PORT_53_UDP=udp://{address}:53",
        f"PORT_90_TCP_START=tcp://{address}:90",
        f"PORT_90_TCP_END=tcp://{address}:92",
        "PORT_90_TCP_PORT_START=90",
        "PORT_90_TCP_PORT_END=92",
        "NAME=/receiver/alias-src",
        "ENV_COLOUR=red",
    }
    assert not any(line.startswith(("ALIAS_SRC_ENV_HOME", "ALIAS_SRC_ENV_PATH")) for line in told)


def test_a_session_has_the_variables_too_and_own_ones_win(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "receiver", "--link", "src", "-e", "SRC_NAME=mine", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "other", "--link", "src", "busybox", "sleep", "60")

    assert cli.line("exec", "receiver", "sh", "-c", "echo $SRC_NAME") == "mine"
    assert cli.line("exec", "other", "sh", "-c", "echo $SRC_NAME") == "/other/src"


def test_the_address_follows_the_source(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", *HTTPD)
    cli("run", "-d", "--name", "receiver", "--link", "src:web", "busybox", "sleep", "60")
    cli("stop", "-t", "0", "src")
    cli("run", "-d", "--name", "taker", "busybox", "sleep", "60")
    cli("start", "src")

    line = next(line for line in cli.line("exec", "receiver", "cat", "/etc/hosts").splitlines() if "\tweb " in line)

    assert line.split()[0] == cli.inspect("src", "{{.NetworkSettings.IPAddress}}")
    assert line.split()[0] != cli.inspect("taker", "{{.NetworkSettings.IPAddress}}")


def test_names_of_a_linked_container(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "receiver", "--link", "src:db", "busybox", "sleep", "60")

    assert cli.line("ps", "--filter", "name=src", "--format", "{{.Names}}") == "src"
    assert cli.line("ps", "--no-trunc", "--filter", "name=src", "--format", "{{.Names}}") == "receiver/db,src"
    assert cli.inspect("receiver/db", "{{.Name}}") == "/src"


def test_renamed_containers_stay_linked(cli: Cli, stock: Cli) -> None:
    cli("run", "-d", "--name", "src", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "receiver", "--link", "src:db", "busybox", "sleep", "60")

    stock("rename", "src", "source")
    stock("rename", "receiver", "target")

    assert cli.inspect("target", "{{json .HostConfig.Links}}") == '["/source:/target/db"]'


def test_a_link_is_removed(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "receiver", "--link", "src:db", "--link", "src:more", "busybox", "sleep", "60")

    assert cli.line("rm", "--link", "receiver/db") == "receiver/db"

    assert cli.inspect("receiver", "{{json .HostConfig.Links}}") == '["/src:/receiver/more"]'
    assert "Conflict, cannot remove the default link name of the container" in cli.fails(1, "rm", "--link", "src")
    assert "No such container: receiver/db" in cli.fails(1, "rm", "--link", "receiver/db")
    assert cli.inspect("src", "{{.State.Running}}") == "true"


def test_refusals(cli: Cli) -> None:
    cli("run", "-d", "--name", "onhost", "--network", "host", "busybox", "sleep", "60")
    cli("create", "--name", "idle", "busybox")

    missing = cli.fails(125, "run", "--link", "nobody:x", "busybox", "true")
    idle = cli.fails(125, "run", "--name", "receiver", "--link", "idle:x", "busybox", "true")
    onhost = cli.fails(125, "run", "--link", "onhost:x", "busybox", "true")

    assert "could not get container for nobody: No such container: nobody" in missing
    assert "Cannot link to a non running container: /idle AS /receiver/x" in idle
    assert "conflicting options: host type networking can't be used with links." in onhost
    assert "bad format for links: a:b:c" in cli.fails(125, "run", "--link", "a:b:c", "busybox", "true")
    assert cli.inspect("receiver", "{{.State.Status}}") == "created"


def test_a_removed_source_keeps_the_receiver_from_starting(cli: Cli) -> None:
    cli("run", "-d", "--name", "src", "busybox", "sleep", "60")
    cli("run", "-d", "--name", "receiver", "--link", "src:db", "busybox", "sleep", "60")
    cli("rm", "-f", "src")

    error = cli.fails(1, "restart", "-t", "0", "receiver")

    assert "Cannot link to a non running container: /src AS /receiver/db" in error
    assert cli.inspect("receiver", "{{json .HostConfig.Links}}") == '["/src:/receiver/db"]'


def test_a_receiver_is_restarted_after_its_source(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--restart", "always", "--name", "src", "busybox", "sleep", "600")
    cli("run", "-d", "--restart", "always", "--name", "receiver", "--link", "src", "busybox", "sleep", "600")
    pids = [cli.pid(name) for name in ("receiver", "src")]

    engine.kill()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    engine.start()

    for name in ("src", "receiver"):
        assert eventually(lambda name=name: cli.inspect(name, "{{.State.Status}}") == "running")
    assert cli.line("exec", "receiver", "cat", "/etc/hosts").count("src") == 1


def test_a_source_of_another_network(cli: Cli, stock: Cli) -> None:
    stock("network", "create", "elsewhere")
    try:
        cli("run", "-d", "--name", "src", "--network", "elsewhere", "busybox", "sleep", "60")
        error = cli.fails(125, "run", "--link", "src:x", "busybox", "true")
    finally:
        cli("rm", "-f", "src")
        stock("network", "rm", "elsewhere")
    assert "Cannot link to /src, as it does not belong to the default network" in error
