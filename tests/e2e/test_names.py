"""The name service of networks: names, aliases, links, addresses back to names, and other servers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness import resolver, upstream
from tests.harness.cli import Cli
from tests.harness.engine import Engine

pytestmark = pytest.mark.root

SERVER = "172.17.0.1"  # the host, as containers see it


@contextmanager
def served(*argv: str) -> Iterator[None]:
    """A DNS server runs."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


@pytest.fixture(scope="module", autouse=True)
def server(engine: Engine) -> Iterator[None]:
    """A DNS server on the host, for what the engine does not know."""
    with served(*engine.host.inside([sys.executable, upstream.__file__, SERVER])):
        yield


@pytest.fixture
def mine(cli: Cli) -> str:
    cli("network", "create", "mine")
    return "mine"


def sleeper(cli: Cli, name: str, *flags: str) -> str:
    own = ("--name", name, "--stop-timeout", "0", "--dns", SERVER)
    return cli.line("run", "-d", *own, *flags, "busybox", "sleep", "300")


def address(cli: Cli, container: str, network: str) -> str:
    networks = json.loads(cli.inspect(container, "{{json .NetworkSettings.Networks}}"))
    return str(networks[network]["IPAddress"])


def asked_by_stream(cli: Cli, container: str, name: str) -> int:
    """How many addresses a name has by TCP."""
    inside = ["nsenter", "-t", str(cli.pid(container)), "-n", sys.executable, resolver.__file__]
    return int(subprocess.run([*inside, "127.0.0.11", name], check=True, capture_output=True, text=True).stdout)


def lookup(cli: Cli, container: str, *query: str) -> list[str]:
    """What busybox' nslookup finds: addresses or names, sorted; nothing for what there is not."""
    done = cli("exec", container, "nslookup", *(query if len(query) > 1 else ("-type=a", *query)), check=False)
    answer = done.stdout.partition("\n\n")[2]
    keys = ("Address:", "name =")
    found = (line.partition(key)[2].strip() for line in answer.splitlines() for key in keys if key in line)
    return sorted(found)


@pytest.mark.v2
def test_names_by_which_a_container_is_found(cli: Cli, mine: str) -> None:
    identifier = sleeper(cli, "web", "--network", mine, "--network-alias", "www", "--hostname", "host-of-web")
    sleeper(cli, "box", "--network", mine)
    expected = [address(cli, "web", mine)]

    for name in ("web", "WEB", "www", identifier[:12], "host-of-web", "web.mine", "www.mine"):
        assert lookup(cli, "box", name) == expected, name
    assert lookup(cli, "box", "-type=aaaa", "web") == []
    assert lookup(cli, "box", "nobody") == []
    assert lookup(cli, "box", "web.other") == []
    assert lookup(cli, "box", "box") == [address(cli, "box", mine)]
    assert cli("exec", "box", "ping", "-c", "1", "-W", "2", "www").returncode == 0


def test_addresses_lead_back_to_names(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine, "--network-alias", "www")
    sleeper(cli, "box", "--network", mine)

    reverse = ".".join(reversed(address(cli, "web", mine).split("."))) + ".in-addr.arpa"

    assert lookup(cli, "box", "-type=ptr", reverse) == ["web.mine"]


def test_an_alias_of_several_is_all_of_them(cli: Cli, mine: str) -> None:
    for name in ("one", "two", "three"):
        sleeper(cli, name, "--network", f"name={mine},alias=pool")

    expected = sorted(address(cli, name, mine) for name in ("one", "two", "three"))
    assert lookup(cli, "one", "pool") == expected

    cli("stop", "two")

    assert lookup(cli, "one", "pool") == sorted(address(cli, name, mine) for name in ("one", "three"))


def test_names_end_at_the_network(cli: Cli, mine: str) -> None:
    cli("network", "create", "other")
    sleeper(cli, "box", "--network", mine)
    sleeper(cli, "web", "--network", "other", "--network-alias", "www")
    assert lookup(cli, "box", "web") == []

    cli("network", "connect", "--alias", "here", mine, "web")

    assert lookup(cli, "box", "web") == lookup(cli, "box", "here") == [address(cli, "web", mine)]
    assert lookup(cli, "box", "www") == []

    cli("network", "disconnect", mine, "web")

    assert lookup(cli, "box", "web") == []


def test_links_are_names_of_one_container_alone(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine)
    sleeper(cli, "box", "--network", mine, "--link", "web:w")
    sleeper(cli, "other", "--network", mine)

    assert lookup(cli, "box", "w") == lookup(cli, "other", "web") == [address(cli, "web", mine)]
    assert lookup(cli, "other", "w") == []


def test_another_name_is_known_at_once(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine)
    sleeper(cli, "box", "--network", mine)

    cli("rename", "web", "site")

    assert lookup(cli, "box", "site") == [address(cli, "site", mine)]
    assert lookup(cli, "box", "web") == []


def test_the_default_network_has_no_names_until_another_is_joined(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine)
    sleeper(cli, "box")
    assert "nameserver 127.0.0.11" not in cli.line("exec", "box", "cat", "/etc/resolv.conf")

    cli("network", "connect", mine, "box")

    assert "nameserver 127.0.0.11" in cli.line("exec", "box", "cat", "/etc/resolv.conf")
    assert lookup(cli, "box", "web") == [address(cli, "web", mine)]


def test_a_process_may_have_the_port_for_itself(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine)
    sleeper(cli, "box", "--network", mine)
    inside = ["nsenter", "-t", str(cli.pid("box")), "-n", sys.executable]

    with served(*inside, upstream.__file__, "0.0.0.0"):
        assert lookup(cli, "box", "web") == [address(cli, "web", mine)]
        assert lookup(cli, "web", "-type=a", "own.test", address(cli, "box", mine)) == ["192.0.2.7"]


def test_other_servers_are_asked_for_what_is_not_known(cli: Cli, mine: str) -> None:
    sleeper(cli, "box", "--network", mine)

    assert lookup(cli, "box", "some.where.test") == ["192.0.2.7"]
    assert "NXDOMAIN" in cli("exec", "box", "nslookup", "-type=a", "no.where", check=False).stdout


def test_long_answers_come_by_stream(cli: Cli, mine: str) -> None:
    sleeper(cli, "box", "--network", mine)

    assert asked_by_stream(cli, "box", "many.test") == upstream.MANY
    assert asked_by_stream(cli, "box", "box") == 1


def test_an_internal_network_asks_nobody(cli: Cli) -> None:
    cli("network", "create", "--internal", "inside")
    sleeper(cli, "web", "--network", "inside")
    sleeper(cli, "box", "--network", "inside")

    assert lookup(cli, "box", "web") == [address(cli, "web", "inside")]
    assert "SERVFAIL" in cli("exec", "box", "nslookup", "-type=a", "some.where.test", check=False).stdout


def test_resolv_conf(cli: Cli, mine: str) -> None:
    flags = ("--dns", "10.1.1.1", "--dns-search", "a.b", "--dns-option", "timeout:3")

    assert cli("run", "--rm", "--network", mine, *flags, "busybox", "cat", "/etc/resolv.conf").stdout == (
        "# Generated by Docker Engine.\n"
        "# This file can be edited; Docker Engine will not make further changes once it\n"
        "# has been modified.\n"
        "\n"
        "nameserver 127.0.0.11\n"
        "search a.b\n"
        "options timeout:3 ndots:0\n"
        "\n"
        "# Based on host file: '/etc/resolv.conf' (internal resolver)\n"
        "# ExtServers: [10.1.1.1]\n"
        "# Overrides: [nameservers search options]\n"
        "# Option ndots from: internal\n"
    )


def test_names_are_known_again_after_the_engines_death(cli: Cli, mine: str) -> None:
    sleeper(cli, "web", "--network", mine, "--network-alias", "www")
    sleeper(cli, "box", "--network", mine)

    cli.engine.kill()
    cli.engine.start()

    assert lookup(cli, "box", "www") == [address(cli, "web", mine)]
    assert lookup(cli, "box", "some.where.test") == ["192.0.2.7"]
    sleeper(cli, "late", "--network", mine)
    assert lookup(cli, "late", "box") == [address(cli, "box", mine)]
