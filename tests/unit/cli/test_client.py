"""The client against a server that frames its answers in every way HTTP/1.1 allows."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import STREAM, TERMINAL, FakeEngine, Peer, Request, frame
from hypothesis import given
from hypothesis import strategies as st

from wherry.client.connection import ApiError, CannotConnect, Client
from wherry.client.frames import demultiplex
from wherry.client.jsonlite import dumps, loads
from wherry.client.request import quote
from wherry.spans import Span


@pytest.fixture
def engine(tmp_path: Path):
    engine = FakeEngine(tmp_path / "s")
    yield engine
    engine.close()


@pytest.fixture
def client(engine: FakeEngine):
    client = Client(engine.host)
    yield client
    client.close()


def answer_raw(engine: FakeEngine, *parts: bytes) -> None:
    def handler(_: Request, peer: Peer) -> None:
        for part in parts:
            peer.raw(part)

    engine.on("GET", "/x", handler)


def test_json_answer(engine: FakeEngine, client: Client) -> None:
    engine.on("GET", "/x", body={"a": [1, None, "ü"]})
    assert client.call("GET", "/x").json() == {"a": [1, None, "ü"]}


def test_headers_have_lower_case_names(engine: FakeEngine, client: Client) -> None:
    answer_raw(engine, b"HTTP/1.1 200 OK\r\nX-Some-Thing:  v  \r\nContent-Length: 0\r\n\r\n")
    assert client.call("GET", "/x").headers["x-some-thing"] == "v"


def test_one_connection_for_many_calls(engine: FakeEngine, client: Client) -> None:
    engine.on("GET", "/x", body=1)
    answers = [client.call("GET", "/x").json() for _ in range(3)]
    assert (answers, engine.connections) == ([1, 1, 1], 1)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_unread_answer_costs_a_connection_and_nothing_else(engine: FakeEngine, client: Client) -> None:
    engine.on("GET", "/x", body="long" * 100)
    client.call("GET", "/x")
    assert client.call("GET", "/x").json() == "long" * 100


def test_a_connection_that_the_engine_closed_is_not_used_again(engine: FakeEngine, client: Client) -> None:
    closed = threading.Event()

    def close_after(_: Request, peer: Peer) -> None:
        peer.answer(200, 1)
        peer.end()
        closed.set()
        peer.read_to_end()

    engine.on("GET", "/x", close_after)
    assert client.call("GET", "/x").json() == 1
    assert closed.wait(10)
    assert client.call("GET", "/x").json() == 1


def test_connection_close_is_obeyed(engine: FakeEngine, client: Client) -> None:
    answer_raw(engine, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n7")
    assert [client.call("GET", "/x").json() for _ in range(2)] == [7, 7]
    assert engine.connections == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("cut", range(1, 40))
def test_chunks_cut_anywhere(engine: FakeEngine, client: Client, cut: int) -> None:
    body = b"3\r\nabc\r\n5;ext=1\r\nde\r\nf\r\n1\r\ng\r\n0\r\n\r\n"
    answer_raw(engine, CHUNKED + body[:cut], body[cut:])
    assert client.call("GET", "/x").read() == b"abcde\r\nfg"
    assert client.call("GET", "/x").read() == b"abcde\r\nfg"
    assert engine.connections == 1


def test_a_chunk_is_there_before_the_next_is_sent(engine: FakeEngine, client: Client) -> None:
    def handler(_: Request, peer: Peer) -> None:
        peer.raw(CHUNKED + b"3\r\none\r\n")
        assert first_seen.wait(10)
        peer.raw(b"0\r\n\r\n")

    first_seen = threading.Event()

    engine.on("GET", "/x", handler)
    chunks = client.call("GET", "/x").chunks()
    assert next(chunks) == b"one"
    first_seen.set()
    assert list(chunks) == []


def test_body_until_the_end_of_the_connection(engine: FakeEngine, client: Client) -> None:
    def handler(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        peer.end()

    engine.on("GET", "/x", handler)
    assert client.call("GET", "/x").read() == b"all of it"


def test_lines(engine: FakeEngine, client: Client) -> None:
    answer_raw(engine, CHUNKED + b"4\r\na\r\nb\r\n", b"4\r\nc\n\nd\r\n0\r\n\r\n")
    assert list(client.call("GET", "/x").lines()) == [b"a", b"bc", b"", b"d"]


def test_a_truncated_answer_is_an_error(engine: FakeEngine, client: Client) -> None:
    def handler(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        peer.end()

    engine.on("GET", "/x", handler)
    with pytest.raises(CannotConnect, match="unexpected end"):
        client.call("GET", "/x").read()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"message":"No such container: x"}', "No such container: x"),
        (b"plain words\n", "plain words"),
        (b"", "status 404"),
        (b"[1]", "[1]"),
    ],
)
def test_api_error(engine: FakeEngine, client: Client, content: bytes, message: str) -> None:
    answer_raw(engine, b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))
    with pytest.raises(ApiError) as caught:
        client.call("GET", "/x")
    assert (caught.value.status, caught.value.message) == (404, message)


def test_nobody_there(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none"
    with pytest.raises(CannotConnect) as caught:
        Client(host).call("GET", "/x")
    assert str(caught.value) == f"Cannot connect to the Docker daemon at {host}. Is the docker daemon running?"


def test_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = Client(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        pending = client.begin("GET", "/x")
        peer, _ = server.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n5")
            assert pending.response().json() == 5
        client.close()


def test_a_host_of_no_known_kind() -> None:
    with pytest.raises(CannotConnect, match="unable to parse docker host"):
        Client("ftp://somewhere").call("GET", "/x")


def test_query_and_path_are_quoted(engine: FakeEngine, client: Client) -> None:
    engine.on("GET", "/images/a%20b/c:1/json", body=None)
    client.call("GET", "/images/a b/c:1/json", query={"filters": '{"a":["ü"]}', "t": ["1", "&"]})
    assert engine.requests[0].target.endswith("?filters=%7B%22a%22%3A%5B%22%C3%BC%22%5D%7D&t=1&t=%26")


def test_json_body(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/x", status=204)
    client.call("POST", "/x", body={"a": True})
    assert engine.requests[0].json() == {"a": True}
    assert engine.requests[0].headers["content-type"] == "application/json"


def test_streamed_body(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/x", status=204)
    client.call("POST", "/x", body=iter([b"abc", b"", b"d" * 100_000]))
    assert engine.requests[0].body == b"abc" + b"d" * 100_000
    assert engine.requests[0].headers["content-type"] == "application/x-tar"


def test_a_streamed_body_of_parts_of_files(engine: FakeEngine, client: Client, tmp_path: Path) -> None:
    engine.on("PUT", "/x")
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        file.write(b"0123456789")
        client.call("PUT", "/x", body=iter([b"a", Span(file.fileno(), 2, 5), b"b"])).read()
    assert engine.requests[-1].body == b"a23456b"


def test_bytes_body_with_its_own_type(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/x", status=204)
    client.call("POST", "/x", body=b"zz", headers={"Content-Type": "text/plain"})
    assert (engine.requests[0].body, engine.requests[0].headers["content-type"]) == (b"zz", "text/plain")


def test_an_answer_before_the_whole_body_was_read(engine: FakeEngine) -> None:
    """An engine that refuses an upload answers and closes; what is left to send does not hide why."""

    def refuse() -> Iterator[bytes]:
        yield b"x" * 1000
        assert refused.wait(10)
        yield b"x" * 1000
        yield b"x" * 1000

    def accept() -> None:
        peer, _ = server.accept()
        peer.sendall(b'HTTP/1.1 400 Bad\r\nContent-Length: 17\r\n\r\n{"message":"bad"}')
        peer.shutdown(socket.SHUT_RD)
        refused.set()
        peers.append(peer)

    refused = threading.Event()
    peers: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(engine.host.removeprefix("unix://") + ".early")
        server.listen()
        thread = threading.Thread(target=accept)
        thread.start()
        refused_client = Client(engine.host + ".early")
        with pytest.raises(ApiError, match="bad"):
            refused_client.call("POST", "/x", body=refuse())
        refused_client.close()
        thread.join()
        peers[0].close()


def test_requests_side_by_side(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/a", body="a")
    engine.on("POST", "/b", body="b")
    pending = [client.begin("POST", path) for path in ("/a", "/b")]
    assert [request.response().json() for request in pending] == ["a", "b"]


def test_hijack_keeps_what_came_behind_the_head(engine: FakeEngine, client: Client) -> None:
    def handler(_: Request, peer: Peer) -> None:
        peer.upgrade(STREAM, behind=frame(1, b"early"))
        peer.raw(frame(2, b"got " + peer.read_to_end()))
        peer.end()

    engine.on("POST", "/attach", handler)
    stream = client.hijack("/attach", query={"stream": "1"})
    stream.send_some(b"typed")
    stream.close_write()
    runs = list(demultiplex(iter(stream.recv, b"")))
    stream.close()
    assert stream.multiplexed
    assert runs == [(1, b"early"), (2, b"got typed")]


def test_hijack_of_a_terminal_is_not_multiplexed(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/attach", lambda _, peer: peer.upgrade(TERMINAL))
    stream = client.hijack("/attach")
    stream.close()
    assert not stream.multiplexed


def test_refused_hijack(engine: FakeEngine, client: Client) -> None:
    engine.on("POST", "/attach", status=409, body={"message": "not running"})
    with pytest.raises(ApiError, match="not running"):
        client.hijack("/attach")


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30)), max_size=20),
    st.integers(min_value=1, max_value=40),
)
def test_frames_cut_anywhere(frames: list[tuple[int, bytes]], step: int) -> None:
    data = b"".join(frame(kind, payload) for kind, payload in frames)
    runs = list(demultiplex(data[start : start + step] for start in range(0, len(data), step)))
    for kind in (1, 2):
        assert b"".join(p for k, p in runs if k == kind) == b"".join(p for k, p in frames if k == kind)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_there_and_back(value: object) -> None:
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("text", ["", "{", '{"a":1} x', "nope", "[1,]"])
def test_wrong_json(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_what_has_no_json_form() -> None:
    with pytest.raises(TypeError, match="bytes"):
        dumps({"a": b"x"})


def test_quote() -> None:
    assert quote("a b/ü~") == "a%20b%2F%C3%BC~"
