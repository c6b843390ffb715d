"""Hundreds of clients at once, and those that begin to ask and never end."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.unread import Caller, Unread, open_files, resident
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

CLIENTS = 500
EACH = 1 << 16
"""Bytes of memory that a client may cost which has asked for nothing yet."""

BEGINNINGS = {
    "nothing": b"",
    "half a head": b"GET /_ping HTTP/1.1\r\nHost:",
    "half a body": b'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 1000\r\n\r\n{"Image": ',
    "half a chunk": b"POST /images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nabc",
}
QUESTIONS = ("/_ping", "/version", "/info", "/containers/json?all=1", "/images/json", "/networks", "/volumes")
LIVES = 50


def test_all_are_answered(stock: Cli, engine: Engine) -> None:
    stock("create", "--name", "box", "busybox")
    files = open_files(engine)
    callers = [Caller(engine) for _ in range(CLIENTS)]
    for number, caller in enumerate(callers):
        caller.ask("GET", QUESTIONS[number % len(QUESTIONS)])
    assert {caller.read(12) for caller in callers} == {b"HTTP/1.1 200"}
    for caller in callers:
        caller.leave()
    eventually(lambda: open_files(engine) <= files)


def test_many_containers_live_side_by_side(engine: Engine, tidy: None) -> None:
    def live(number: int) -> bool:
        caller = Caller(engine)
        caller.ask("POST", "/containers/create", {"Image": "busybox", "Cmd": ["sh", "-c", f"exit {number}"]})
        container_id = json.loads(caller.answer()[1])["Id"]
        caller.ask("POST", f"/containers/{container_id}/start")
        assert caller.answer() == (204, b"")
        waiting, told = Unread(engine, "POST", f"/containers/{container_id}/wait"), b""
        while b"StatusCode" not in told:
            told += waiting.read()
        waiting.leave()
        caller.ask("DELETE", f"/containers/{container_id}")
        assert caller.answer() == (204, b"")
        caller.leave()
        return f'"StatusCode":{number}' in told.decode()

    with ThreadPoolExecutor(LIVES) as clients:
        assert all(clients.map(live, range(LIVES)))


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_who_does_not_go_on_costs_little(stock: Cli, engine: Engine, beginning: str) -> None:
    memory, files = resident(engine), open_files(engine)
    callers = [Caller(engine) for _ in range(CLIENTS)]
    for caller in callers:
        caller.send(BEGINNINGS[beginning])
    eventually(lambda: open_files(engine) >= files + CLIENTS)

    assert stock.line("run", "--rm", "busybox", "echo", "served") == "served"
    assert resident(engine) - memory < CLIENTS * EACH

    for caller in callers:
        caller.leave()
    eventually(lambda: open_files(engine) <= files)


UPLOADS = {
    "cp": ("PUT", "/containers/box/archive?path=/"),
    "load": ("POST", "/images/load"),
    "import": ("POST", "/images/create?fromSrc=-&repo=half"),
    "build": ("POST", "/build?t=half"),
}


@pytest.mark.parametrize("upload", UPLOADS)
def test_an_upload_that_stands_still_hinders_nobody(stock: Cli, engine: Engine, upload: str) -> None:
    stock("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    callers = [Caller(engine) for _ in range(10)]
    for caller in callers:
        method, target = UPLOADS[upload]
        head = f"{method} {target} HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n"
        caller.send(f"{head}Content-Type: application/x-tar\r\n\r\n1000\r\nthree bytes".encode())

    stock("cp", "box:/etc/passwd", "-")
    stock("commit", "box", "whole")
    stock("rmi", "whole")
    stock("stop", "-t", "0", "box")
    stock("rm", "box")

    for caller in callers:
        caller.leave()
    assert not stock.line("images", "-q", "half")
