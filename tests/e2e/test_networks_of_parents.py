"""Networks whose interfaces share one of the host's: macvlan, and where the kernel has them ipvlan, VLANs, dummies."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine, Host

pytestmark = pytest.mark.root

SUBNET = ("--subnet", "10.77.0.0/24", "--gateway", "10.77.0.254")


@pytest.fixture
def lan(engine: Engine, host: Host, tidy: None) -> Iterator[str]:
    """An interface of the engine's machine that leads to another one, ``host``, which is 10.77.0.254."""
    engine.host.run(["ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1", "netns", host.name])
    engine.host.run(["ip", "link", "set", "lan0", "up"])
    host.run(["ip", "address", "add", "10.77.0.254/24", "dev", "lan1"])
    host.run(["ip", "link", "set", "lan1", "up"])
    yield "lan0"
    remove_all(engine)
    engine.host.run(["ip", "link", "delete", "lan0"])


@pytest.fixture(autouse=True)
def _removed(engine: Engine) -> Iterator[None]:
    yield
    remove_all(engine)


def remove_all(engine: Engine) -> None:
    if ids := engine.run("docker", "ps", "-aq").stdout.split():
        engine.run("docker", "rm", "-f", *ids)
    engine.run("docker", "network", "prune", "-f")


def needs(engine: Engine, kind: str, *options: str) -> None:
    """Skip on a kernel without such interfaces."""
    parent = () if kind == "dummy" else ("link", "lan0")
    try:
        engine.host.run(["ip", "link", "add", *parent, "name", "tried0", "type", kind, *options])
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{kind}: {error.stderr.strip()}")
    engine.host.run(["ip", "link", "delete", "tried0"])


def server(cli: Cli, name: str, *flags: str) -> None:
    """A container that serves its name on port 80."""
    serve = f"mkdir -p /www && echo {name} > /www/index.html && exec httpd -f -h /www"
    cli("run", "-d", "--name", name, "--stop-timeout", "0", *flags, "busybox", "sh", "-c", serve)


def fetched(cli: Cli, by: str, host: str) -> str:
    return cli.line("exec", by, "wget", "-qO-", "-T", "10", f"http://{host}/")


def fetched_from(machine: Host, address: str) -> str:
    page = ["curl", "-sS", "--max-time", "10", "--retry", "20", "--retry-connrefused", f"http://{address}/"]
    return machine.run(page).stdout.strip()


def routes(cli: Cli, container: str) -> str:
    return cli.line("exec", container, "ip", "route")


def links(engine: Engine) -> set[str]:
    return {link["ifname"] for link in json.loads(engine.host.run(["ip", "-j", "link"]).stdout)}


@pytest.mark.v2
def test_macvlan(cli: Cli, engine: Engine, host: Host, lan: str) -> None:
    needs(engine, "macvlan")
    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}", "lan")
    server(cli, "one", "--network", "lan", "-p", "8080:80", "--mac-address", "02:11:22:33:44:55")
    server(cli, "two", "--network", "lan", "--ip", "10.77.0.9")

    assert fetched_from(host, "10.77.0.1") == "one"
    assert fetched_from(host, "10.77.0.9") == "two"
    assert fetched(cli, "one", "two") == "two"
    assert "default via 10.77.0.254 dev eth0" in routes(cli, "one")
    assert json.loads(cli.inspect("one", "{{json .NetworkSettings.Ports}}")) == {}
    assert cli.inspect("one", "{{.NetworkSettings.Networks.lan.MacAddress}}") == "02:11:22:33:44:55"


@pytest.mark.parametrize("mode", ["private", "vepa", "passthru"])
def test_modes_of_macvlan(cli: Cli, engine: Engine, host: Host, lan: str, mode: str) -> None:
    needs(engine, "macvlan")
    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}", "-o", f"macvlan_mode={mode}", "lan")
    server(cli, "one", "--network", "lan")

    assert fetched_from(host, "10.77.0.1") == "one"
    mac = cli.inspect("one", "{{.NetworkSettings.Networks.lan.MacAddress}}")
    assert mac in cli.line("exec", "one", "ip", "link", "show", "eth0")


def test_macvlan_of_an_internal_network_has_no_way_out(cli: Cli, engine: Engine, lan: str) -> None:
    needs(engine, "macvlan")
    cli("network", "create", "-d", "macvlan", *SUBNET, "--internal", "-o", f"parent={lan}", "lan")
    server(cli, "one", "--network", "lan")
    server(cli, "two", "--network", "lan")

    assert fetched(cli, "one", "two") == "two"
    assert "default" not in routes(cli, "one")


def test_macvlan_with_ipv6(cli: Cli, engine: Engine, host: Host, lan: str) -> None:
    needs(engine, "macvlan")
    cli(
        "network",
        "create",
        "-d",
        "macvlan",
        *SUBNET,
        "--ipv6",
        "--subnet",
        "fd00:77::/64",
        "-o",
        f"parent={lan}",
        "lan",
    )
    server(cli, "one", "--network", "lan")
    host.run(["ip", "address", "add", "fd00:77::ff/64", "dev", "lan1", "nodad"])

    address = cli.inspect("one", "{{.NetworkSettings.Networks.lan.GlobalIPv6Address}}")
    assert fetched_from(host, f"[{address}]") == "one"


def test_macvlan_is_left_and_joined_while_a_container_runs_and_when_it_starts_again(
    cli: Cli, engine: Engine, host: Host, lan: str
) -> None:
    needs(engine, "macvlan")
    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}", "lan")
    server(cli, "one")

    cli("network", "connect", "lan", "one")
    assert fetched_from(host, "10.77.0.1") == "one"
    cli("network", "disconnect", "bridge", "one")
    assert "default via 10.77.0.254 dev eth1" in routes(cli, "one")

    cli("restart", "--time", "0", "one")
    assert fetched_from(host, "10.77.0.1") == "one"

    cli("network", "disconnect", "lan", "one")
    assert routes(cli, "one") == ""


def test_macvlan_outlives_the_engine(cli: Cli, engine: Engine, host: Host, lan: str) -> None:
    needs(engine, "macvlan")
    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}", "lan")
    server(cli, "one", "--network", "lan")

    engine.kill()
    assert fetched_from(host, "10.77.0.1") == "one"
    engine.start()

    assert fetched_from(host, "10.77.0.1") == "one"
    cli("network", "disconnect", "lan", "one")
    assert "eth0" not in cli.line("exec", "one", "ip", "link")


def test_a_parent_is_one_networks(cli: Cli, engine: Engine, lan: str) -> None:
    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}", "lan")

    second = cli("network", "create", "-d", "macvlan", "-o", f"parent={lan}", "second", check=False)

    assert second.returncode == 1
    assert f"is already using parent interface {lan}" in second.stderr


@pytest.mark.v2
def test_a_vlan_is_made_and_goes_with_its_network(cli: Cli, engine: Engine, host: Host, lan: str) -> None:
    needs(engine, "vlan", "id", "10")
    needs(engine, "macvlan")
    host.run(["ip", "address", "flush", "dev", "lan1"])
    host.run(["ip", "link", "add", "link", "lan1", "name", "lan1.10", "type", "vlan", "id", "10"])
    host.run(["ip", "address", "add", "10.77.0.254/24", "dev", "lan1.10"])
    host.run(["ip", "link", "set", "lan1.10", "up"])

    cli("network", "create", "-d", "macvlan", *SUBNET, "-o", f"parent={lan}.10", "lan")
    server(cli, "one", "--network", "lan")
    assert fetched_from(host, "10.77.0.1") == "one"

    cli("rm", "-f", "one")
    cli("network", "rm", "lan")
    assert f"{lan}.10" not in links(engine)


@pytest.mark.v2
def test_without_a_parent_containers_have_each_other_alone(cli: Cli, engine: Engine, lan: str) -> None:
    needs(engine, "dummy")
    needs(engine, "macvlan")
    identifier = cli.line("network", "create", "-d", "macvlan", "lan")
    server(cli, "one", "--network", "lan")
    server(cli, "two", "--network", "lan")

    assert fetched(cli, "one", "two") == "two"
    assert "default" not in routes(cli, "one")
    assert f"dm-{identifier[:12]}" in links(engine)

    cli("rm", "-f", "one", "two")
    cli("network", "rm", "lan")
    assert f"dm-{identifier[:12]}" not in links(engine)


@pytest.mark.v2
@pytest.mark.parametrize(("mode", "route"), [("l2", "default via 10.77.0.254 dev eth0"), ("l3", "default dev eth0")])
def test_ipvlan(cli: Cli, engine: Engine, host: Host, lan: str, mode: str, route: str) -> None:
    needs(engine, "ipvlan", "mode", "l2")
    cli("network", "create", "-d", "ipvlan", *SUBNET, "-o", f"parent={lan}", "-o", f"ipvlan_mode={mode}", "lan")
    server(cli, "one", "--network", "lan")
    server(cli, "two", "--network", "lan")
    if mode == "l3":  # the machine routes, and answers for nobody
        mac = json.loads(engine.host.run(["ip", "-j", "link", "show", lan]).stdout)[0]["address"]
        host.run(["ip", "neighbour", "replace", "10.77.0.1", "lladdr", mac, "dev", "lan1"])

    assert fetched(cli, "one", "two") == "two"
    assert fetched_from(host, "10.77.0.1") == "one"
    assert route in routes(cli, "one")
    assert cli.inspect("one", "{{.NetworkSettings.Networks.lan.MacAddress}}") == ""
