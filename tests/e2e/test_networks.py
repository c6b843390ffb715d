"""``network``: made, listed, joined, left and removed."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.harness.cli import Cli

pytestmark = pytest.mark.root

SUBNET = ("--subnet", "10.66.0.0/16")


def seen(cli: Cli, name: str) -> dict[str, Any]:
    (found,) = json.loads(cli.line("network", "inspect", name))
    assert isinstance(found, dict)
    return found


def endpoint(cli: Cli, container: str, network: str) -> dict[str, Any]:
    found = json.loads(cli.inspect(container, "{{json .NetworkSettings.Networks}}"))[network]
    assert isinstance(found, dict)
    return found


def asked_for(cli: Cli, endpoint: dict[str, Any]) -> dict[str, Any]:
    """The addresses that somebody asked for; later docker commands show empty ones as well."""
    found: dict[str, Any] = endpoint["IPAMConfig"]
    return {key: value for key, value in found.items() if value} if cli.is_later else found


def sleeper(cli: Cli, name: str, *flags: str) -> str:
    return cli.line("run", "-d", "--name", name, "--stop-timeout", "0", *flags, "busybox", "sleep", "300")


def reaches(cli: Cli, container: str, address: str) -> bool:
    done = cli("exec", container, "ping", "-c", "1", "-W", "1", address, check=False)
    return done.returncode == 0


def default_route(cli: Cli, container: str) -> str:
    routes = cli.line("exec", container, "ip", "route")
    return next((line.split()[2] for line in routes.splitlines() if line.startswith("default")), "")


# --- create, ls, inspect, rm, prune ----------------------------------------------------------------------------------


def test_create_and_inspect(cli: Cli) -> None:
    identifier = cli.line(
        *("network", "create", *SUBNET, "--gateway", "10.66.0.9", "--ip-range", "10.66.5.0/24"),
        *("--aux-address", "router=10.66.5.1", "--label", "tier=gold", "--attachable"),
        *("-o", "com.docker.network.driver.mtu=1400", "mine"),
    )

    network = seen(cli, "mine")

    assert re.fullmatch("[0-9a-f]{64}", identifier)
    assert (network["Id"], network["Name"], network["Driver"], network["Scope"]) == (
        identifier,
        "mine",
        "bridge",
        "local",
    )
    assert network["IPAM"] == {
        "Driver": "default",
        "Options": {},
        "Config": [
            {
                "Subnet": "10.66.0.0/16",
                "IPRange": "10.66.5.0/24",
                "Gateway": "10.66.0.9",
                "AuxiliaryAddresses": {"router": "10.66.5.1"},
            }
        ],
    }
    assert network["Labels"] == {"tier": "gold"}
    assert network["Options"] == {"com.docker.network.driver.mtu": "1400"}
    assert (network["Attachable"], network["Internal"], network["EnableIPv6"]) == (True, False, False)
    assert network["Containers"] == {}
    assert cli.line("network", "inspect", "-f", "{{.Name}} {{index .Labels `tier`}}", identifier[:12]) == "mine gold"


def test_ls(cli: Cli) -> None:
    identifier = cli.line("network", "create", "--internal", "--label", "a=b", "mine")

    rows = [line.split() for line in cli.line("network", "ls").splitlines()]

    assert rows[0] == ["NETWORK", "ID", "NAME", "DRIVER", "SCOPE"]
    assert [row[1:] for row in rows[1:]] == [
        ["bridge", "bridge", "local"],
        ["host", "host", "local"],
        ["mine", "bridge", "local"],
        ["none", "null", "local"],
    ]
    assert cli.line("network", "ls", "-q", "--filter", "label=a=b") == identifier[:12]
    assert cli.line("network", "ls", "-q", "--no-trunc", "-f", "name=mi") == identifier
    template = "{{.Name}}|{{.Internal}}|{{.IPv6}}|{{.Labels}}|{{.Label `a`}}"
    assert cli.line("network", "ls", "-f", "type=custom", "--format", template) == "mine|true|false|a=b|b"
    row = json.loads(cli.line("network", "ls", "-f", "id=" + identifier[:5], "--format", "{{json .}}"))
    assert (row["ID"], row["Name"], row["Driver"], row["Scope"]) == (identifier[:12], "mine", "bridge", "local")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["driver=null"], ["none"]),
        (["type=builtin"], ["bridge", "host", "none"]),
        (["dangling=true"], ["free"]),
        (["dangling=false", "type=custom"], ["used"]),
        (["scope=global"], []),
        (["name=e"], ["bridge", "free", "none", "used"]),
        (["label=x", "label=y=1"], ["free"]),
    ],
)
def test_ls_filters(cli: Cli, filters: list[str], names: list[str]) -> None:
    cli("network", "create", "--label", "x=2", "--label", "y=1", "free")
    cli("network", "create", "--label", "x=2", "used")
    sleeper(cli, "box", "--network", "used")

    flags = [word for each in filters for word in ("--filter", each)]

    assert cli.line("network", "ls", "--format", "{{.Name}}", *flags).split() == names


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("mine",), "Error response from daemon: network with name mine already exists"),
        (("bridge",), "Error response from daemon: operation is not permitted on predefined bridge network"),
        (("--gateway", "1.2.3.4", "x"), "every ip-range or gateway must have a corresponding subnet"),
        ((*SUBNET, "--gateway", "10.7.0.1", "x"), "no matching subnet for gateway 10.7.0.1"),
        ((*SUBNET, "--ip-range", "10.7.0.0/24", "x"), "no matching subnet for range 10.7.0.0/24"),
        ((*SUBNET, "--aux-address", "a=10.7.0.1", "x"), "no matching subnet for aux-address 10.7.0.1"),
        ((*SUBNET, "--subnet", "10.66.7.0/24", "x"), "multiple overlapping subnet configuration is not supported"),
        (("--subnet", "foo", "--ip-range", "10.7.0.0/24", "x"), "invalid subnet: invalid CIDR address: foo"),
        ((*SUBNET, "--subnet", "10.67.0.0/16", "x"), "bridge driver doesn't support multiple subnets"),
        (("--subnet", "10.66.1.0/16", "x"), "invalid subnet 10.66.1.0/16: it should be 10.66.0.0/16"),
        (("-d", "host", "x"), 'only one instance of "host" network is allowed'),
        (("--scope", "swarm", "x"), "cannot create a swarm scoped network when swarm is not active"),
    ],
)
def test_what_cannot_be_made_is_refused(cli: Cli, arguments: tuple[str, ...], text: str) -> None:
    cli("network", "create", "mine")
    if cli.is_later:
        text = text.replace("invalid subnet: invalid CIDR address: foo", "netip.ParsePrefix(\"foo\"): no '/'")

    assert text in cli.fails(1, "network", "create", *arguments)

    assert cli.line("network", "ls", "-f", "type=custom", "--format", "{{.Name}}") == "mine"


@pytest.mark.parametrize("name", ["a b", "a/b", "é"])
def test_names_may_be_odd(cli: Cli, name: str) -> None:
    cli("network", "create", name)
    assert seen(cli, name)["Name"] == name
    assert cli.line("network", "rm", name) == name


def test_rm(cli: Cli) -> None:
    cli("network", "create", "a")
    identifier = cli.line("network", "create", "b")
    sleeper(cli, "box", "--network", "b")

    done = cli("network", "rm", "a", "b", "nope", check=False)

    assert (done.returncode, done.stdout) == (1, "a\n")
    assert f"network b id {identifier} has active endpoints" in done.stderr
    assert ("No such network: nope" if cli.is_old else "network nope not found") in done.stderr
    assert cli.is_old or cli("network", "rm", "-f", "nope").stdout == ""
    assert "bridge is a pre-defined network and cannot be removed" in cli.fails(1, "network", "rm", "bridge")
    cli("stop", "box")
    assert cli.line("network", "remove", "b") == "b"


def test_prune(cli: Cli) -> None:
    for name in ("used", "unused", "kept"):
        cli("network", "create", *(("--label", "keep") if name == "kept" else ()), name)
    sleeper(cli, "box", "--network", "used")

    question = cli("network", "prune", stdin="n\n").stdout
    assert question == (
        "WARNING! This will remove all custom networks not used by at least one container.\n"
        "Are you sure you want to continue? [y/N] "
    )
    assert cli("network", "prune", "-f", "--filter", "label!=keep").stdout == "Deleted Networks:\nunused\n\n"

    assert cli.line("network", "ls", "-f", "type=custom", "--format", "{{.Name}}").split() == ["kept", "used"]
    assert "invalid filter 'foo'" in cli.fails(1, "network", "prune", "-f", "--filter", "foo=bar")


# --- connect and disconnect ------------------------------------------------------------------------------------------


def test_a_container_in_two_networks(cli: Cli) -> None:
    cli("network", "create", *SUBNET, "zoo")
    cli("network", "create", "--subnet", "10.67.0.0/16", "ant")
    sleeper(cli, "box", "--network", "name=zoo,ip=10.66.0.8,alias=x", "--network", "ant")

    assert default_route(cli, "box") == "10.67.0.1"
    zoo = endpoint(cli, "box", "zoo")
    assert (zoo["IPAddress"], zoo["IPPrefixLen"], zoo["Gateway"]) == ("10.66.0.8", 16, "10.66.0.1")
    assert asked_for(cli, zoo) == {"IPv4Address": "10.66.0.8"}
    assert zoo["Aliases"][0] == "x"  # clients before API 1.45 are told of more
    assert cli.is_old or zoo["DNSNames"] == ["box", "x", cli.inspect("box", "{{.Id}}")[:12]]
    assert "10.66.0.8\t" in cli.line("exec", "box", "cat", "/etc/hosts")
    (member,) = seen(cli, "zoo")["Containers"].values()
    assert (member["Name"], member["IPv4Address"]) == ("box", "10.66.0.8/16")


def test_networks_are_kept_apart(cli: Cli) -> None:
    for name in ("a", "b"):
        cli("network", "create", name)
        sleeper(cli, f"in-{name}", "--network", name)
        sleeper(cli, f"also-{name}", "--network", name)
    address = endpoint(cli, "in-b", "b")["IPAddress"]

    assert reaches(cli, "also-b", address)
    assert not reaches(cli, "in-a", address)


def test_options_of_the_bridge(cli: Cli) -> None:
    options = {"bridge.name": "wbr7", "bridge.enable_icc": "false", "driver.mtu": "1400"}
    flags = [word for name, value in options.items() for word in ("-o", f"com.docker.network.{name}={value}")]
    cli("network", "create", *flags, "mine")
    sleeper(cli, "box", "--network", "mine")
    sleeper(cli, "other", "--network", "mine")

    assert "mtu 1400" in cli.engine.host.run(["ip", "link", "show", "wbr7"]).stdout
    assert "mtu 1400" in cli.line("exec", "box", "ip", "link", "show", "eth0")
    assert not reaches(cli, "box", endpoint(cli, "other", "mine")["IPAddress"])
    cli("rm", "-f", "box", "other")
    cli("network", "rm", "mine")
    assert "wbr7" not in cli.engine.host.run(["ip", "link"]).stdout


def test_many_at_once_have_addresses_of_their_own(cli: Cli) -> None:
    cli("network", "create", *SUBNET, "mine")
    names = [f"box{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: sleeper(cli, name), names))
        list(pool.map(lambda name: cli("network", "connect", "mine", name), names))

        members = seen(cli, "mine")["Containers"].values()
        assert sorted(member["Name"] for member in members) == names
        assert len({member["IPv4Address"] for member in members}) == len(names)

        list(pool.map(lambda name: cli("network", "disconnect", "mine", name), names))
    assert seen(cli, "mine")["Containers"] == {}


def test_the_sandbox_can_be_entered_from_the_host(cli: Cli) -> None:
    sleeper(cli, "box")
    sleeper(cli, "peer", "--network", "container:box")

    path = cli.inspect("box", "{{.NetworkSettings.SandboxKey}}")

    seen_inside = subprocess.run(["nsenter", f"--net={path}", "ip", "addr"], check=True, capture_output=True, text=True)
    assert endpoint(cli, "box", "bridge")["IPAddress"] in seen_inside.stdout
    assert cli.inspect("peer", "{{.NetworkSettings.SandboxKey}}") == ""


def test_an_internal_network_has_no_way_out(cli: Cli) -> None:
    cli("network", "create", "--internal", "inside")
    sleeper(cli, "box", "--network", "inside")
    sleeper(cli, "other", "--network", "inside")

    assert default_route(cli, "box") == ""
    assert endpoint(cli, "box", "inside")["Gateway"] == ""
    assert reaches(cli, "box", endpoint(cli, "other", "inside")["IPAddress"])


def test_connected_and_disconnected_while_it_runs(cli: Cli) -> None:
    cli("network", "create", *SUBNET, "mine")
    sleeper(cli, "other", "--network", "mine")
    sleeper(cli, "box")
    other = endpoint(cli, "other", "mine")["IPAddress"]
    assert not reaches(cli, "box", other)

    assert cli("network", "connect", "--ip", "10.66.0.40", "--alias", "y", "mine", "box").stdout == ""

    mine = endpoint(cli, "box", "mine")
    assert (mine["IPAddress"], mine["Aliases"][0]) == ("10.66.0.40", "y")
    assert reaches(cli, "box", other)
    assert "10.66.0.40\t" in cli.line("exec", "box", "cat", "/etc/hosts")
    assert default_route(cli, "box").startswith("172.17.")

    assert cli("network", "disconnect", "bridge", "box").stdout == ""

    assert default_route(cli, "box") == "10.66.0.1"
    assert "\t172.17." not in cli.line("exec", "box", "cat", "/etc/hosts")
    assert list(json.loads(cli.inspect("box", "{{json .NetworkSettings.Networks}}"))) == ["mine"]

    cli("stop", "box")

    stopped = endpoint(cli, "box", "mine")
    assert (stopped["NetworkID"], stopped["IPAddress"], stopped["EndpointID"]) == (mine["NetworkID"], "", "")

    cli("start", "box")

    assert list(json.loads(cli.inspect("box", "{{json .NetworkSettings.Networks}}"))) == ["mine"]
    assert endpoint(cli, "box", "mine")["IPAddress"] == "10.66.0.40"


def test_connected_before_it_runs(cli: Cli) -> None:
    cli("network", "create", "mine")
    cli("create", "--name", "box", "busybox", "sleep", "300")

    cli("network", "connect", "mine", "box")
    cli("network", "disconnect", "bridge", "box")
    cli("start", "box")

    assert list(json.loads(cli.inspect("box", "{{json .NetworkSettings.Networks}}"))) == ["mine"]
    assert endpoint(cli, "box", "mine")["IPAddress"] != ""


def test_a_published_port_follows_the_way_out(cli: Cli) -> None:
    cli("network", "create", "aaa")
    cli("run", "-d", "--name", "web", "-p", "8080:80", "busybox", "httpd", "-f", "-h", "/var/www")

    for change in (("connect", "aaa"), ("disconnect", "bridge"), ("connect", "bridge"), ("disconnect", "aaa")):
        cli("network", *change, "web")
        for host in ("127.0.0.1", "[::1]"):
            page = ["curl", "-s", "--retry", "20", "--retry-all-errors", f"http://{host}:8080/"]
            assert cli.engine.host.run(page).stdout == "hello from a container\n"


def test_what_connect_refuses(cli: Cli) -> None:
    cli("network", "create", "mine")
    box = sleeper(cli, "box")
    sleeper(cli, "alone", "--network", "none")

    refusals = (
        (("connect", "nope", "box"), "network nope not found"),
        (("connect", "mine", "nope"), "No such container: nope"),
        (("connect", "bridge", "box"), "endpoint with name box already exists in network bridge"),
        (("connect", "host", "box"), "cannot be disconnected from host network or connected to host network"),
        (("connect", "mine", "alone"), "cannot be connected to multiple networks with one of the networks in private"),
        (("connect", "--ip", "172.30.0.9", "mine", "box"), "user specified IP address is supported only when"),
        (("connect", "--alias", "x", "bridge", "box"), "network-scoped alias is supported only for containers in user"),
        (("connect", "--driver-opt", "a", "mine", "box"), "invalid key/value pair format in driver options"),
        (("disconnect", "mine", "box"), f"container {box} is not connected to network mine"),
        (("disconnect", "-f", "mine", "nope"), "endpoint nope not found"),
    )

    for arguments, text in refusals:
        assert text in cli.fails(1, "network", *arguments)


def test_one_without_networks_may_get_one(cli: Cli) -> None:
    cli("network", "create", "mine")
    sleeper(cli, "box", "--network", "none")

    cli("network", "disconnect", "none", "box")
    cli("network", "connect", "mine", "box")

    assert endpoint(cli, "box", "mine")["IPAddress"] != ""
    assert default_route(cli, "box") != ""


def test_one_network_has_the_configuration_of_another(cli: Cli) -> None:
    cli("network", "create", "--config-only", *SUBNET, "--label", "x=y", "config")
    assert (seen(cli, "config")["Driver"], seen(cli, "config")["ConfigOnly"]) == ("null", True)

    cli("network", "create", "--config-from", "config", "--internal", "mine")

    mine = seen(cli, "mine")
    assert mine["ConfigFrom"] == {"Network": "config"}
    assert (mine["Labels"], mine["Internal"]) == ({"x": "y"}, True)
    assert mine["IPAM"]["Config"] == [{"Subnet": "10.66.0.0/16"}]
    refusals = (
        (("network", "rm", "config"), 1, 'configuration network "config" is in use'),
        (("network", "create", "--config-from", "nope", "x"), 1, 'configuration network "nope" does not exist'),
        (
            ("network", "create", "--config-from", "config", "--label", "a=b", "x"),
            1,
            "user specified configurations are not supported if the network depends on a configuration network",
        ),
        (
            ("network", "create", "--config-only", "--internal", "x"),
            1,
            "configuration network can only contain network specific fields.",
        ),
        (
            ("run", "--rm", "--network", "config", "busybox", "true"),
            125,
            "cannot create endpoint on configuration-only network",
        ),
    )
    for arguments, status, text in refusals:
        assert text in cli.fails(status, *arguments)
    cli("network", "rm", "mine", "config")


# --- IPv6 ------------------------------------------------------------------------------------------------------------


SIX = ("--ipv6", "--subnet", "fd00:66::/64")


def test_a_network_with_both_ip_versions(cli: Cli) -> None:
    cli("network", "create", *SIX, "six")
    network = seen(cli, "six")
    assert network["EnableIPv6"] is True
    assert network["IPAM"]["Config"][0] == {"Subnet": "fd00:66::/64"}
    assert len(network["IPAM"]["Config"]) == 2
    sleeper(cli, "other", "--network", "six")
    sleeper(cli, "box", "--network", "six", "--ip6", "fd00:66::77")

    end = endpoint(cli, "box", "six")

    assert (end["GlobalIPv6Address"], end["GlobalIPv6PrefixLen"], end["IPv6Gateway"]) == (
        "fd00:66::77",
        64,
        "fd00:66::1",
    )
    assert asked_for(cli, end) == {"IPv6Address": "fd00:66::77"}
    assert endpoint(cli, "other", "six")["GlobalIPv6Address"] == "fd00:66::2"
    assert "default via fd00:66::1 dev eth0" in cli.line("exec", "box", "ip", "-6", "route")
    assert "fd00:66::77\t" in cli.line("exec", "box", "cat", "/etc/hosts")
    assert reaches(cli, "box", "fd00:66::2")
    assert reaches(cli, "box", "fd00:66::1")
    names = cli.line("exec", "box", "nslookup", "-type=aaaa", "other")
    assert "fd00:66::2" in names


def test_networks_are_kept_apart_in_ipv6_too(cli: Cli) -> None:
    cli("network", "create", *SIX, "six")
    cli("network", "create", "--ipv6", "--subnet", "fd00:67::/64", "seven")
    sleeper(cli, "box", "--network", "six")
    sleeper(cli, "other", "--network", "seven")
    address = endpoint(cli, "other", "seven")["GlobalIPv6Address"]
    assert not reaches(cli, "box", address)

    cli("network", "connect", "--ip6", "fd00:67::88", "seven", "box")

    assert reaches(cli, "box", address)
    assert endpoint(cli, "box", "seven")["GlobalIPv6Address"] == "fd00:67::88"


@pytest.mark.parametrize(
    ("create", "connect", "text"),
    [
        (("--ipv6",), (), "could not find an available, non-overlapping IPv6 address pool among the defaults"),
        (SIX, ("--ip6", "fd00:99::1"), "no configured subnet or ip-range contain the IP address fd00:99::1"),
        (SIX, ("--ip6", "fd00:66::1"), "Address already in use"),
        (SIX, ("--ip", "172.18.0.99"), "user specified IP address is supported only when connecting to networks with"),
        (SUBNET, ("--ip6", "fd00:66::5"), "user specified IP address is supported only when connecting to networks"),
    ],
)
def test_what_ipv6_refuses(cli: Cli, create: tuple[str, ...], connect: tuple[str, ...], text: str) -> None:
    if not connect:
        assert text in cli.fails(1, "network", "create", *create, "six")
        return
    cli("network", "create", *create, "six")
    sleeper(cli, "box")
    assert text in cli.fails(1, "network", "connect", *connect, "six", "box")


def test_link_local_addresses(cli: Cli) -> None:
    cli("network", "create", "mine")
    sleeper(cli, "box", "--network", "mine", "--link-local-ip", "169.254.9.9")

    assert asked_for(cli, endpoint(cli, "box", "mine")) == {"LinkLocalIPs": ["169.254.9.9"]}
    assert "inet 169.254.9.9/16" in cli.line("exec", "box", "ip", "addr", "show", "eth0")


# --- after the engine's death ----------------------------------------------------------------------------------------


def test_networks_survive_the_engine(cli: Cli) -> None:
    cli("network", "create", *SUBNET, "mine")
    sleeper(cli, "other", "--network", "mine")
    sleeper(cli, "box")
    cli("network", "connect", "mine", "box")
    before = endpoint(cli, "box", "mine")

    cli.engine.kill()
    cli.engine.start()

    assert endpoint(cli, "box", "mine") == before
    assert reaches(cli, "box", endpoint(cli, "other", "mine")["IPAddress"])
    sleeper(cli, "third", "--network", "mine")
    assert endpoint(cli, "third", "mine")["IPAddress"] not in (before["IPAddress"], "")
    cli("network", "disconnect", "mine", "box")
    assert list(json.loads(cli.inspect("box", "{{json .NetworkSettings.Networks}}"))) == ["bridge"]


@pytest.mark.parametrize("network", ["host", "none"])
def test_a_container_without_an_interface_is_a_member_of_its_network(cli: Cli, network: str) -> None:
    box = sleeper(cli, "box", "--network", network)

    end = endpoint(cli, "box", network)
    nowhere = {"MacAddress": "", "IPv4Address": "", "IPv6Address": ""}
    members = seen(cli, network)["Containers"]
    cli("stop", "box")
    left = endpoint(cli, "box", network)

    assert members == {box: {"Name": "box", "EndpointID": end["EndpointID"], **nowhere}}
    assert (len(end["EndpointID"]), end["NetworkID"]) == (64, seen(cli, network)["Id"])
    assert (left["EndpointID"], left["NetworkID"]) == ("", end["NetworkID"])
    assert seen(cli, network)["Containers"] == {}


def test_what_ended_tells_its_last_sandbox(cli: Cli) -> None:
    box = sleeper(cli, "box")
    path = cli.inspect("box", "{{.NetworkSettings.SandboxKey}}")

    cli("stop", "box")

    assert cli.inspect("box", "{{.NetworkSettings.SandboxID}} {{.NetworkSettings.SandboxKey}}") == f"{box} {path}"
    assert not Path(path).exists()
