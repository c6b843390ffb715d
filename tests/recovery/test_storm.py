"""The daemon is killed at random moments while two clients make and remove containers, and networks."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left

pytestmark = pytest.mark.root

KILLS = 30
KILLS_OF_NETWORKS = 8
SEED = 20261
SERVED = ("run", "-d", "--name", "served", "-p", "8080:80")

Commands = tuple[tuple[str, ...], ...]


@contextmanager
def clients(engine: Engine, *typed: tuple[str, Commands]) -> Iterator[None]:
    """Programs that type their commands again and again. They may fail: the daemon dies under them."""
    told_to_end = threading.Event()

    def client(program: str, commands: Commands) -> None:
        while not told_to_end.is_set():
            for words in commands:
                engine.run(program, *words, check=False)

    threads = [threading.Thread(target=client, args=each) for each in typed]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        told_to_end.set()
        for thread in threads:
            thread.join()


def rules(engine: Engine) -> str:
    return engine.host.run(["nft", "list", "ruleset"]).stdout


def bridges(engine: Engine) -> int:
    return len(engine.host.run(["ip", "-o", "link", "show", "type", "bridge"]).stdout.splitlines())


def test_a_storm_of_kills_leaves_only_containers_that_work(engine: Engine) -> None:
    chance, before = random.Random(SEED), rules(engine)
    with clients(
        engine,
        ("wherry", (("run", "--rm", "busybox", "true"), ("run", "busybox", "echo", "hi"))),
        ("docker", ((*SERVED, "busybox", "sleep", "1000"), ("rm", "-f", "served"))),
    ):
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, 0.5))  # the moment of the kill is the point here
            engine.kill()
            engine.start()

    for line in engine.run("docker", "ps", "-a", "--format", "{{.ID}} {{.State}}").stdout.splitlines():
        container_id, state = line.split()
        assert state in ("created", "exited", "running")
        works = ("exec", container_id, "true") if state == "running" else ("start", container_id)
        engine.run("docker", *works)
        engine.run("docker", "rm", "-f", container_id)
    assert_nothing_left(engine)
    assert rules(engine) == before


def test_a_storm_of_kills_leaves_networks_as_they_are_told(engine: Engine) -> None:
    chance = random.Random(SEED)
    engine.run("docker", "network", "create", "mine")
    for name in ("box", "other"):
        engine.run("docker", "run", "-d", "--name", name, "--network", "mine", "busybox", "sleep", "1000")
    with clients(
        engine,
        ("wherry", (("network", "connect", "bridge", "box"), ("network", "disconnect", "bridge", "box"))),
        ("wherry", (("network", "disconnect", "mine", "box"), ("network", "connect", "mine", "box"))),
        ("docker", (("network", "create", "brief"), ("network", "rm", "brief"))),
    ):
        for _ in range(KILLS_OF_NETWORKS):
            time.sleep(chance.uniform(0, 0.3))  # the moment of the kill is the point here
            engine.kill()
            engine.start()

    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    told = engine.run("docker", "inspect", "-f", template, "box").stdout.split()
    inside = engine.run("docker", "exec", "box", "ip", "-4", "-o", "addr", "show", "scope", "global").stdout
    assert sorted(told) == sorted(line.split()[3].partition("/")[0] for line in inside.splitlines())
    engine.run("docker", "network", "connect", "mine", "box", check=False)
    engine.run("docker", "exec", "box", "ping", "-c", "1", "-W", "5", "other")
    engine.run("docker", "rm", "-f", "box", "other")
    engine.run("docker", "network", "prune", "-f")
    assert bridges(engine) == 1
    assert_nothing_left(engine)
