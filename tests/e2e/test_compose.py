"""docker compose brings up a stack of four services: networks, a volume, a build, dependencies that must be healthy."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.engine import TIMEOUT, Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root
FILE = Path(__file__).parent / "stack" / "compose.yaml"
PAGE = "http://127.0.0.1:8088/cgi-bin/row"
Compose = Callable[..., str]


@pytest.fixture(scope="module")
def compose(engine: Engine) -> Compose:
    """``docker compose`` on the stack; what it prints on stdout."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker has no compose here: Debian 12 has docker-compose 1 only")

    def typed(*arguments: str) -> str:
        environment = {**os.environ, "DOCKER_HOST": engine.url}
        argv = engine.host.inside(["docker", "compose", "-p", "shop", "-f", FILE, *arguments])
        done = subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT, env=environment, check=False)
        assert done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    return typed


@pytest.fixture(scope="module")
def stack(compose: Compose) -> Iterator[Compose]:
    compose("up", "--detach", "--wait", "--scale", "worker=1")
    compose("exec", "-T", "db", "sh", "-c", "echo 3 pears > /data/row")
    yield compose
    compose("down", "--volumes", "--timeout", "1")


def page(engine: Engine) -> str:
    """What the published port shows; empty while nobody listens there."""
    argv = engine.host.inside(["curl", "--silent", "--max-time", "5", PAGE])
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def ids(engine: Engine, kind: str) -> list[str]:
    """The stack's containers, volumes or networks."""
    everyone = ["--all"] if kind == "container" else []
    label = "label=com.docker.compose.project=shop"
    return engine.run("docker", kind, "ls", "--quiet", *everyone, "--filter", label).stdout.split()


def test_four_services_run(stack: Compose) -> None:
    services = [json.loads(line) for line in stack("ps", "--format", "json").splitlines()]
    assert {service["Service"]: (service["State"], service["Health"]) for service in services} == {
        "db": ("running", "healthy"),
        "api": ("running", "healthy"),
        "web": ("running", ""),
        "worker": ("running", ""),
    }


def test_what_depends_on_health_starts_after_it(engine: Engine, stack: Compose) -> None:
    past = ["--since", "1", "--until", f"{time.time():.3f}", "--filter", "type=container"]
    told = engine.run(
        "docker", "events", *past, "--format", "{{.Actor.Attributes.name}} {{.Action}}"
    ).stdout.splitlines()
    assert told.index("shop-db-1 health_status: healthy") < told.index("shop-api-1 start")
    assert told.index("shop-api-1 health_status: healthy") < told.index("shop-web-1 start")


def test_a_page_comes_through_all_of_them(engine: Engine, stack: Compose) -> None:
    assert eventually(lambda: page(engine)) == "3 pears\n"


def test_names_are_known_on_shared_networks_only(stack: Compose) -> None:
    assert "an api" in stack("exec", "-T", "worker", "wget", "-q", "-O", "-", "http://api/index.html")
    stack("exec", "-T", "api", "nslookup", "-type=a", "db")
    stack("exec", "-T", "worker", "sh", "-c", "! nslookup -type=a db")


def test_more_of_a_service_share_its_name(stack: Compose) -> None:
    def addresses() -> set[str]:
        answer = stack("exec", "-T", "web", "nslookup", "-type=a", "worker").split("answer:")[-1]
        return {line.split()[1] for line in answer.splitlines() if line.startswith("Address: ")}

    assert len(addresses()) == 1
    stack("up", "--detach", "--no-recreate", "--scale", "worker=3")
    assert len(addresses()) == 3
    stack("up", "--detach", "--no-recreate", "--scale", "worker=1")
    assert len(addresses()) == 1


def test_logs_say_who_speaks(stack: Compose) -> None:
    assert stack("logs", "--no-color", "worker").rstrip().endswith("| I am up")


def test_exec_runs_as_in_the_service(stack: Compose) -> None:
    assert stack("exec", "-T", "api", "sh", "-c", "echo $STORE").strip() == "http://db:8000"


def test_compose_is_a_command_of_ours_too(engine: Engine, stack: Compose) -> None:
    services = engine.run("wherry", "compose", "-p", "shop", "-f", FILE, "ps", "--services").stdout.split()
    assert sorted(services) == ["api", "db", "web", "worker"]


def test_restart_keeps_data(engine: Engine, stack: Compose) -> None:
    stack("restart", "--timeout", "1", "db")
    assert eventually(lambda: page(engine) == "3 pears\n")


def test_down_leaves_the_volume_and_down_with_volumes_nothing(engine: Engine, stack: Compose) -> None:
    stack("down", "--timeout", "1")
    assert [ids(engine, kind) for kind in ("container", "network")] == [[], []]
    assert ids(engine, "volume") == ["shop_rows"]
    stack("up", "--detach", "--wait")
    assert eventually(lambda: page(engine)) == "3 pears\n"
    stack("down", "--volumes", "--timeout", "1")
    assert [ids(engine, kind) for kind in ("container", "network", "volume")] == [[], [], []]
