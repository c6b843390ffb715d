"""Clients that do not read: each slows down what it asked for, and hinders nobody else."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.unread import Unread, open_files, resident
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

CHATTER = "while :; do echo a line that is told again and again; done"
READERS = 5


@pytest.fixture
def unread(engine: Engine) -> Iterator[list[Unread]]:
    """Clients of a test, which leave with it."""
    clients: list[Unread] = []
    yield clients
    for client in clients:
        client.leave()


def attach(engine: Engine, name: str) -> Unread:
    return Unread(engine, "POST", f"/containers/{name}/attach?stream=1&stdout=1&stderr=1", upgrade=True)


def execute(engine: Engine, name: str, *command: str, tty: bool) -> Unread:
    asked = {"AttachStdout": True, "AttachStderr": True, "Tty": tty, "Cmd": command}
    creation = Unread(engine, "POST", f"/containers/{name}/exec", asked)
    exec_id = json.loads(creation.read().partition(b"\r\n\r\n")[2])["Id"]
    creation.leave()
    return Unread(engine, "POST", f"/exec/{exec_id}/start", {"Tty": tty}, upgrade=True)


def stands_still(cli: Cli, name: str) -> bool:
    before = cli.line("logs", "--tail", "1", "-t", name)
    return bool(before) and cli.line("logs", "--tail", "1", "-t", name) == before


@pytest.mark.parametrize("way", ["stop", "kill", "rm"])
def test_a_container_ends_whoever_does_not_read_its_output(
    cli: Cli, engine: Engine, unread: list[Unread], way: str
) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", CHATTER)
    unread += [attach(engine, "box") for _ in range(READERS)]
    eventually(lambda: stands_still(cli, "box"))

    cli(*{"stop": ("stop", "-t", "0"), "kill": ("kill",), "rm": ("rm", "-f")}[way], "box")

    if way != "rm":
        eventually(lambda: cli.inspect("box", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137")


def test_who_reads_late_gets_all_that_was_said(cli: Cli, engine: Engine, unread: list[Unread]) -> None:
    cli("create", "--name", "box", "busybox", "sh", "-c", "seq 200000; echo the end")
    late = attach(engine, "box")
    unread.append(late)
    cli("start", "box")
    eventually(lambda: stands_still(cli, "box"))
    text = late.rest()
    assert text.count(b"\n") > 200_000
    assert text.endswith(b"the end\n")
    assert cli.line("wait", "box") == "0"


@pytest.mark.parametrize("tty", [True, False])
def test_a_container_ends_whoever_does_not_read_its_execs(
    cli: Cli, engine: Engine, unread: list[Unread], tty: bool
) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    unread += [execute(engine, "box", "cat", "/dev/zero", tty=tty) for _ in range(READERS)]
    eventually(lambda: cli.line("top", "box").count("cat /dev/zero") == READERS)

    cli("stop", "-t", "0", "box")

    assert cli.inspect("box", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137"
    cli("rm", "box")


# --- what it costs ---------------------------------------------------------------------------------------------------

MANY = 30
STEADY = 1 << 18  # the share in pages that others have too varies by as much
EACH = 2 << 20
"""Bytes of memory that a client may cost that does not read: what is under way to it, and its buffers."""

ANSWERS = {
    "logs": "/containers/box/logs?follow=1&stdout=1&stderr=1",
    "stats": "/containers/box/stats",
    "events": "/events",
    "export": "/containers/box/export",
    "archive": "/containers/box/archive?path=/big",
    "image": "/images/big/get",
}


@pytest.fixture
def talkative(stock: Cli) -> Iterator[None]:
    """The container ``box``, which is never silent, and the image ``big``; each has more to send than buffers hold."""
    stock("run", "-d", "--name", "box", "busybox", "sh", "-c", f"dd if=/dev/zero of=/big bs=1M count=8; {CHATTER}")
    stock("commit", "-p=false", "box", "big")
    yield
    stock("rm", "-f", "box")
    stock("rmi", "big")


def settled(engine: Engine) -> int:
    """The engine's memory when it has sent what it can."""

    def steady() -> int:
        before = resident(engine)
        time.sleep(0.2)
        return before if abs(resident(engine) - before) < STEADY else 0

    return eventually(steady)


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("what", ANSWERS)
def test_who_does_not_read_costs_little_and_nothing_when_gone(stock: Cli, engine: Engine, what: str) -> None:
    memory, files = settled(engine), open_files(engine)
    clients = [Unread(engine, "GET", ANSWERS[what]) for _ in range(MANY)]
    for client in clients:
        assert client.read(12) == b"HTTP/1.1 200"
    assert settled(engine) - memory < MANY * EACH
    assert stock.line("exec", "box", "echo", "served") == "served"

    for client in clients:
        client.leave()
    eventually(lambda: open_files(engine) <= files)
    assert settled(engine) - memory < MANY * EACH / 2
