"""``ps``: which containers, and what of them."""

import json
import re

import pytest

from tests.harness.cli import Cli

pytestmark = pytest.mark.root


@pytest.fixture
def three(cli: Cli) -> Cli:
    """One that was made, one that runs and one that has failed."""
    cli("create", "--name", "made", "-l", "color=blue", "-l", "size", "busybox", "true")
    running = ("-v", "test-ps:/data", "--expose", "99", "-p", "18099:99", "--network", "bridge")
    cli("run", "-d", "--name", "runs", *running, "busybox", "sleep", "60")
    cli("run", "--name", "failed", "--network", "none", "busybox", "sh", "-c", "exit 3", check=False)
    return cli


@pytest.mark.parametrize(
    ("flag", "names"),
    [
        ("name=^/?runs$", ["runs"]),
        ("name=a", ["failed", "made"]),
        ("label=color", ["made"]),
        ("label=color=blue", ["made"]),
        ("label=color=red", []),
        ("status=created", ["made"]),
        ("status=running", ["runs"]),
        ("status=exited", ["failed"]),
        ("exited=3", ["failed"]),
        ("exited=0", []),
        ("before=runs", ["made"]),
        ("since=runs", ["failed"]),
        ("volume=test-ps", ["runs"]),
        ("volume=/data", ["runs"]),
        ("network=none", ["failed"]),
        ("network=bridge", ["runs", "made"]),
        ("publish=18099", ["runs"]),
        ("publish=18000-18100/tcp", ["runs"]),
        ("publish=99", []),
        ("expose=99", ["runs"]),
        ("expose=90-100/udp", []),
        ("ancestor=busybox", ["failed", "runs", "made"]),
        ("ancestor=nothing", []),
        ("is-task=false", ["failed", "runs", "made"]),
        ("is-task=true", []),
        ("health=none", ["failed", "runs", "made"]),
        ("isolation=default", ["failed", "runs", "made"]),
    ],
)
def test_filters(three: Cli, flag: str, names: list[str]) -> None:
    assert three.line("ps", "-a", "--filter", flag, "--format", "{{.Names}}").split() == names


def test_filters_of_one_key_add_up_and_of_several_narrow(three: Cli) -> None:
    form = ("--format", "{{.Names}}")

    assert three.line("ps", "-a", "-f", "name=made", "-f", "name=runs", *form).split() == ["runs", "made"]
    assert three.line("ps", "-a", "-f", "name=made", "-f", "status=running", *form) == ""


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("status=odd", "invalid filter 'status=odd'"),
        ("exited=x", "invalid filter 'exited=x': strconv.Atoi: parsing \"x\": invalid syntax"),
        ("is-task=x", "invalid filter 'is-task=[x]'"),
        ("health=odd", "unrecognized filter value for health: odd"),
        ("odd=1", "invalid filter 'odd'"),
        ("before=nobody", "No such container: nobody"),
        ("publish=x/y", 'error while looking up for publish x/y: strconv.ParseUint: parsing "x": invalid syntax'),
        ("expose=100-99", "error while looking up for expose 100-99: Invalid range specified for the Port: 100-99"),
    ],
)
def test_filters_that_make_no_sense(cli: Cli, flag: str, text: str) -> None:
    assert cli.fails(1, "ps", "--filter", flag) == f"Error response from daemon: {text}\n"


def test_the_table_and_the_ids(cli: Cli) -> None:
    first = cli.line("create", "--name", "first", "--label", "color=red", "busybox", "true")
    second = cli.line("run", "-d", "--name", "second", "busybox", "sleep", "60")
    third = cli.line("run", "-d", "--name", "third", "busybox", "sh", "-c", "exit 3")
    cli("wait", "third")

    head, row = cli.line("ps").splitlines()
    assert head.split("   ")[0] == "CONTAINER ID"
    assert re.fullmatch(rf'{second[:12]}   busybox   "sleep 60"   .* ago   Up .*   second', row.strip())
    assert cli.line("ps", "-q") == second[:12]
    assert cli.line("ps", "-aq").split() == [third[:12], second[:12], first[:12]]
    assert cli.line("ps", "-aq", "--no-trunc").split() == [third, second, first]
    assert cli.line("ps", "-lq") == third[:12]
    assert cli.line("ps", "-n", "2", "-q").split() == [third[:12], second[:12]]


def test_sizes(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", "head -c 5000 /dev/zero > /file")

    assert cli.line("ps", "-as", "--format", "{{.Size}}").startswith("5kB (virtual ")
    assert cli("ps", "-as").stdout.splitlines()[0].split()[-1] == "SIZE"


def test_formats(three: Cli) -> None:
    lines = three("ps", "-a", "--format", "{{json .}}").stdout.splitlines()
    rows = {row["Names"]: row for row in map(json.loads, lines)}

    labels = rows["made"]["Labels"]
    assert labels == "color=blue,size=" or (three.is_old and labels == "size=,color=blue")  # which it does not sort
    assert (rows["runs"]["State"], rows["runs"]["Mounts"], rows["runs"]["LocalVolumes"]) == ("running", "test-ps", "1")
    assert rows["failed"]["Status"].startswith("Exited (3)")
    table = three("ps", "--format", "table {{.Names}}\t{{.Networks}}\t{{.State}}").stdout.splitlines()
    assert [line.split() for line in table] == [["NAMES", "NETWORKS", "STATE"], ["runs", "bridge", "running"]]
    assert three("ps", "-q", "--no-trunc").stdout == three.inspect("runs", "{{.Id}}") + "\n"
