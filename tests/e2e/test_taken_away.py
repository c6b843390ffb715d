"""Bridges and rules that another program takes away come back by themselves, while containers run and none starts."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.pages import asking
from tests.harness.waiting import eventually
from tests.harness.wire import wired

pytestmark = pytest.mark.root

GREETING = "hello from a container"
HTTPD = ("busybox", "httpd", "-f", "-h", "/var/www")
HOST, OUTSIDE = "192.168.77.1", "192.168.77.2"


@pytest.fixture(scope="module")
def outside(engine: Engine) -> Iterator[str]:
    """Another machine, which knows no way to containers: the name of its network namespace."""
    name = f"{engine.host.name}-o"
    with wired(engine.host, name, {f"{HOST}/24": f"{OUTSIDE}/24"}):
        yield name


@pytest.fixture
def web(stock: Cli, outside: str) -> Cli:
    """A web server in the default network and one in a user's, whose ports 8080 and 8081 are published."""
    stock("network", "create", "-o", "com.docker.network.bridge.name=mine0", "mine")
    for name, network, port in (("web", "bridge", 8080), ("other", "mine", 8081)):
        published = ("-p", f"{port}:80")
        stock("run", "-d", "--name", name, "--net", network, *published, *HTTPD)
        eventually(lambda port=port: page(outside, port) == GREETING)
    return stock


def page(outside: str, port: int) -> str:
    """What another machine gets from a published port, "" if nothing."""
    argv = ["nsenter", f"--net=/run/netns/{outside}", *asking(f"http://{HOST}:{port}/", seconds=1)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def gets_out(cli: Cli, name: str) -> bool:
    """Whether another machine answers a container: it does if the host's address stands for the container's."""
    return cli("exec", name, "ping", "-c", "1", "-W", "1", OUTSIDE, check=False).returncode == 0


def all_well(cli: Cli, outside: str) -> bool:
    return all(page(outside, port) == GREETING for port in (8080, 8081)) and all(
        gets_out(cli, name) for name in ("web", "other")
    )


@pytest.mark.parametrize(
    "taken",
    [
        "nft flush ruleset",
        "nft flush table {table}",
        "nft flush chain {table} postrouting",
        "ip link delete mine0",
        "ip addr flush dev docker0",
        "nft flush ruleset; ip link delete docker0; ip link delete mine0",
    ],
)
def test_it_comes_back(web: Cli, engine: Engine, outside: str, taken: str) -> None:
    assert all_well(web, outside)

    engine.host.run(["sh", "-c", taken.format(table=table(engine))])

    eventually(lambda: all_well(web, outside))


def test_an_interface_comes_back_into_its_bridge(web: Cli, engine: Engine, outside: str) -> None:
    (port,) = ports_of(engine, "mine0")

    engine.host.run(["ip", "link", "set", port, "nomaster"])

    eventually(lambda: ports_of(engine, "mine0") == [port])
    eventually(lambda: all_well(web, outside))


def test_what_went_while_no_engine_was_there(web: Cli, engine: Engine, outside: str) -> None:
    engine.kill()
    engine.host.run(["sh", "-c", "nft flush ruleset; ip link delete docker0; ip link delete mine0"])

    engine.start()

    eventually(lambda: all_well(web, outside))


def test_a_network_that_its_owner_removes_stays_away(cli: Cli, engine: Engine) -> None:
    cli("network", "create", "-o", "com.docker.network.bridge.name=gone0", "gone")
    cli("network", "rm", "gone")

    engine.host.run(["nft", "flush", "ruleset"])

    eventually(lambda: table(engine))
    assert "gone0" not in engine.host.run(["ip", "link"]).stdout


def test_a_container_whose_interface_was_deleted_runs_on_until_it_is_connected_anew(cli: Cli, engine: Engine) -> None:
    """As with dockerd: it is told to have its address, and disconnecting or stopping it is no error."""
    cli("network", "create", "-o", "com.docker.network.bridge.name=lost0", "lost")
    cli("run", "-d", "--name", "box", "--net", "lost", "busybox", "sleep", "1000")
    address = cli.inspect("box", "{{.NetworkSettings.Networks.lost.IPAddress}}")

    for connected_anew in ((("network", "disconnect", "lost"), ("network", "connect", "lost")), (("restart", "-t0"),)):
        (port,) = ports_of(engine, "lost0")
        engine.host.run(["ip", "link", "delete", port])
        assert cli.line("exec", "box", "cat", "/proc/net/dev").count("eth") == 0
        assert (
            cli.inspect("box", "{{.State.Status}} {{.NetworkSettings.Networks.lost.IPAddress}}") == f"running {address}"
        )

        for command in connected_anew:
            cli(*command, "box")

        assert f"inet {address}/" in cli.line("exec", "box", "ip", "-4", "addr", "show", "eth0")


def table(engine: Engine) -> str:
    """Family and name of the engine's, "" if it has none."""
    return engine.host.run(["nft", "list", "tables"]).stdout.removeprefix("table ").strip()


def ports_of(engine: Engine, bridge: str) -> list[str]:
    """Names of the interfaces in a bridge."""
    lines = engine.host.run(["ip", "-o", "link", "show", "master", bridge]).stdout.splitlines()
    return [line.split(": ")[1].partition("@")[0] for line in lines]
