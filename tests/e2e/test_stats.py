"""``stats``: what containers use, in docker's figures."""

import json
import re

import docker
import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

BUSY = "while :; do :; done"


def shown(cli: Cli, *arguments: str) -> dict[str, str]:
    row: dict[str, str] = json.loads(cli.line("stats", "--no-stream", "--format", "{{json .}}", *arguments))
    return row


def percent(row: dict[str, str]) -> float:
    return float(row["CPUPerc"].removesuffix("%"))


@pytest.mark.v2
def test_a_busy_container(cli: Cli) -> None:
    """It takes what it may as soon as the machine has that much to give."""
    cli("run", "-d", "--name", "box", "--cpus", "0.5", "-m", "64m", "busybox", "sh", "-c", BUSY)

    row = eventually(lambda: percent(found := shown(cli, "box")) > 20 and found, seconds=60)

    assert percent(row) < 80
    assert row["MemUsage"].endswith("iB / 64MiB")
    assert (row["Name"], row["Container"], row["PIDs"]) == ("box", "box", "1")
    assert cli.inspect("box", "{{.Id}}").startswith(row["ID"])


def test_the_table(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    cli("create", "--name", "idle", "busybox", "true")

    head, box, idle = cli("stats", "--no-stream", "box", "idle").stdout.splitlines()

    assert re.split(r" {2,}", head.strip()) == [
        *("CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")
    ]
    assert re.split(r" {2,}", box)[1] == "box"
    assert re.split(r" {2,}", idle)[1:] == ["idle", "0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"]


def test_which_are_shown(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    identifier = cli.line("create", "--name", "idle", "busybox", "true")
    names = ("stats", "--no-stream", "--format", "{{.Name}}")

    assert cli(*names).stdout == "box\n"
    assert sorted(cli(*names, "-a").stdout.split()) == ["box", "idle"]
    assert cli.line("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}", "idle") == identifier
    assert "No such container: nobody" in cli.fails(1, "stats", "--no-stream", "box", "nobody")


def test_traffic_is_counted(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    address = cli.inspect("box", "{{.NetworkSettings.IPAddress}}")
    before = shown(cli, "box")["NetIO"]

    cli("run", "--rm", "busybox", "ping", "-c", "2", "-i", "0.2", "-s", "9000", address)

    assert shown(cli, "box")["NetIO"] != before
    assert "kB" in shown(cli, "box")["NetIO"]


def test_the_live_table_is_drawn_over_and_over(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", BUSY)
    with cli.beside("stats", "--format", "{{.Name}} {{.CPUPerc}}") as client:
        assert client.stdout is not None
        screens = [client.stdout.readline() for _ in range(4)]

    if cli.is_later:  # it draws over what is there, and clears what is left
        assert "\033[Hbox" in screens[-1]
        return
    assert all("box" in screen for screen in screens)
    assert screens[-1].startswith("\033[2J\033[H")


def test_a_stream_ends_with_the_container(cli: Cli, api: docker.DockerClient) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    stream = api.api.stats("box", decode=True)

    first, second = next(stream), next(stream)
    assert first["precpu_stats"].get("system_cpu_usage") is None
    assert second["preread"] == first["read"]
    assert second["precpu_stats"]["cpu_usage"] == first["cpu_stats"]["cpu_usage"]
    assert second["cpu_stats"]["online_cpus"] >= 1
    assert list(second["networks"]) == ["eth0"]
    cli("rm", "-f", "box")

    assert len(list(stream)) < 5


@pytest.mark.v2
def test_one_shot_takes_one_sample(cli: Cli, api: docker.DockerClient) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")

    once = api.api.stats("box", stream=False, one_shot=True)

    assert once["preread"] == "0001-01-01T00:00:00Z"
    assert once["memory_stats"]["usage"] > 0
    assert "name" not in once
