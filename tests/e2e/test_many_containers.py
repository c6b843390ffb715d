"""Many containers on one bridge, each with a port on the host. ``./dev load`` has 300 of them."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left

pytestmark = pytest.mark.root

COUNT = int(os.environ.get("WHERRY_TEST_CONTAINERS", "40"))
FIRST_PORT = 20000
SIDE_BY_SIDE = 6

SERVE = "mkdir /www; hostname > /www/name; exec httpd -f -h /www"


def run(cli: Cli, number: int) -> None:
    published = f"{FIRST_PORT + number}:80"
    cli("run", "-d", "--name", f"box-{number}", "-h", f"box-{number}", "--net", "crowd", "-p", published, "busybox",
        "sh", "-c", SERVE)  # fmt: skip


def fetched(engine: Engine, number: int) -> str:
    url = f"http://127.0.0.1:{FIRST_PORT + number}/name"
    return engine.host.run(["curl", "-s", "--retry", "20", "--retry-all-errors", url]).stdout.strip()


def test_a_crowd_on_one_bridge(cli: Cli, engine: Engine) -> None:
    names = [f"box-{number}" for number in range(COUNT)]
    cli("network", "create", "crowd")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as hands:
        list(hands.map(lambda number: run(cli, number), range(COUNT)))
        assert list(hands.map(lambda number: fetched(engine, number), range(COUNT))) == names

    assert sorted(cli.line("ps", "--format", "{{.Names}}").split()) == sorted(names)
    members = json.loads(cli.line("network", "inspect", "-f", "{{json .Containers}}", "crowd")).values()
    assert len({member["IPv4Address"] for member in members}) == COUNT
    first, last = names[0], names[-1]
    assert cli.line("exec", first, "wget", "-q", "-O", "-", f"{last}/name") == last
    assert cli.line("exec", last, "wget", "-q", "-O", "-", f"{first}/name") == first
    assert len(cli.line("stats", "--no-stream", "--format", "{{.Name}}").split()) == COUNT

    engine.kill()
    engine.start()
    assert cli.line("exec", first, "wget", "-q", "-O", "-", f"{last}/name") == last

    cli("kill", *names)
    assert cli.line("ps", "-q") == ""
    cli("rm", *names)
    cli("network", "rm", "crowd")
    assert_nothing_left(engine)
