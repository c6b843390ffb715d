"""``GET /containers/{id}/attach/ws``: a container's streams over a WebSocket."""

from collections.abc import Callable, Iterator

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.waiting import eventually
from tests.harness.websocket import CLOSE, PING, PONG, WebSocketClient

pytestmark = pytest.mark.root

ALL = "stream=1&stdin=1&stdout=1&stderr=1"
Join = Callable[..., WebSocketClient]


@pytest.fixture
def join(engine: Engine) -> Iterator[Join]:
    clients: list[WebSocketClient] = []

    def joined(query: str = ALL, name: str = "box") -> WebSocketClient:
        clients.append(WebSocketClient(engine.socket, f"/containers/{name}/attach/ws?{query}"))
        return clients[-1]

    yield joined
    for client in clients:
        client.close()


def test_input_goes_in_and_output_comes_out_plain(stock: Cli, join: Join) -> None:
    stock("run", "-d", "-i", "--name", "box", "busybox", "sh", "-c", "read x; echo got $x; echo $x >&2")
    client = join()
    assert client.status == 101

    client.send(b"wo")
    client.send(b"rd\n")

    assert sorted(client.output().split(b"\n")) == [b"", b"got word", b"word"]


def test_much_goes_both_ways_unharmed(stock: Cli, join: Join) -> None:
    stock("run", "-d", "-i", "--name", "box", "busybox", "sh", "-c", "head -c 1000000")
    client = join()
    block = bytes(range(256)) * 200

    received = b""
    for _ in range(20):
        client.send(block[:50_000])
    received = client.output()

    assert received == block[:50_000] * 20


def test_a_ping_is_answered(stock: Cli, join: Join) -> None:
    stock("run", "-d", "-i", "--name", "box", "busybox", "cat")
    client = join()

    client.send(b"there?", PING)

    assert client.receive() == (PONG, b"there?")


def test_a_client_that_closes_leaves_the_container(stock: Cli, join: Join) -> None:
    stock("run", "-d", "-i", "--name", "box", "busybox", "cat")
    client = join()

    client.send(b"", CLOSE)
    client.close()

    assert stock.inspect("box", "{{.State.Running}}") == "true"


def test_the_streams_asked_for_and_what_was_said_before(stock: Cli, join: Join) -> None:
    stock("run", "-d", "-i", "--name", "box", "busybox", "sh", "-c", "echo early; read x; echo err >&2; echo out")
    eventually(lambda: "early" in stock.line("logs", "box"))
    client = join("stream=1&stdout=1&logs=1")
    writer = join("stream=1&stdin=1")
    writer.send(b"\n")

    assert client.output() == b"early\nout\n"


def test_what_is_no_websocket_or_no_container(stock: Cli, join: Join) -> None:
    assert join(name="nobody").status == 404
    stock("create", "--name", "box", "busybox", "true")
    with_plain_get = stock.engine.host.run(
        ["curl", "-s", "--unix-socket", stock.engine.socket, f"http://d/containers/box/attach/ws?{ALL}"]
    )
    assert "websocket" in with_plain_get.stdout
