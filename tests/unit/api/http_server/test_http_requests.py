"""What clients may send, and what becomes of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from http_peer import serving

from wherry.api.http import Request, Response, json_response, text_response

Run = Callable[[Coroutine[Any, Any, None]], None]
HOST = "Host: d\r\n"


async def tell(request: Request) -> Response:
    """Says what it got."""
    body = (await request.read()).decode()
    return json_response({"method": request.method, "path": request.path, "query": dict(request.query), "body": body})


async def ignore(request: Request) -> Response:
    return text_response("ignored")


def told(body: bytes) -> dict[str, Any]:
    decoded = msgspec.json.decode(body)
    assert isinstance(decoded, dict)
    return decoded


def test_path_and_query_arrive_decoded(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.get("/images/a%2Fb:c/json?x=1%202&y=%C3%BC+z&empty")
            got = told((await peer.answer()).body)
            assert got["path"] == "/images/a/b:c/json"
            assert got["query"] == {"x": "1 2", "y": "ü z", "empty": ""}

    run(scenario())


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_bodies_arrive_whole_however_they_are_cut(run: Run, socket_path: Path, step: int) -> None:
    fixed = f"POST /a HTTP/1.1\r\n{HOST}Content-Length: 11\r\n\r\nhello world"
    chunked = (
        f"POST /b HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"
        "6;note=x\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    stream = (fixed + chunked + fixed).encode()

    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            for at in range(0, len(stream), step):
                peer.send(stream[at : at + step])
                await asyncio.sleep(0)
            for path in ("/a", "/b", "/a"):
                got = told((await peer.answer()).body)
                assert (got["path"], got["body"]) == (path, "hello world")

    run(scenario())


def test_pipelined_requests_are_answered_in_order_one_at_a_time(run: Run, socket_path: Path) -> None:
    active = 0

    async def slow_first(request: Request) -> Response:
        nonlocal active
        active += 1
        assert active == 1
        for _ in range(5 if request.path == "/0" else 0):
            await asyncio.sleep(0.01)
        active -= 1
        return text_response(request.path)

    async def scenario() -> None:
        async with serving(slow_first, socket_path) as served:
            peer = await served.connect()
            peer.send("".join(f"GET /{n} HTTP/1.1\r\n{HOST}\r\n" for n in range(20)))
            assert [(await peer.answer()).body.decode() for _ in range(20)] == [f"/{n}" for n in range(20)]

    run(scenario())


def test_who_sends_far_ahead_of_the_answers_has_to_wait(run: Run, socket_path: Path) -> None:
    answered, stuck, forever = 0, asyncio.Event(), asyncio.Event()

    async def hardly(request: Request) -> Response:
        nonlocal answered
        answered += 1
        await asyncio.sleep(0)
        if answered == 40:
            stuck.set()
            await forever.wait()
        return text_response("")

    async def scenario() -> None:
        async with serving(hardly, socket_path) as served:
            peer = await served.connect()
            peer.send(f"GET / HTTP/1.1\r\n{HOST}\r\n" * 150_000)
            await stuck.wait()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.writer.drain(), 0.3)

    run(scenario())


def test_http_1_0_gets_its_answer_and_the_end_of_the_connection(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.send("GET /old HTTP/1.0\r\n\r\n")
            head, _, body = (await peer.rest()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.0 200 OK\r\n")
            assert told(body)["path"] == "/old"

    run(scenario())


def test_http_1_0_may_ask_to_keep_the_connection(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            for _ in range(2):
                peer.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                assert (await peer.answer()).headers["connection"] == "keep-alive"

    run(scenario())


def test_connection_close_is_honoured(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.get("/", "Connection: close")
            assert (await peer.answer()).headers["connection"] == "close"
            assert await peer.rest() == b""

    run(scenario())


def test_bare_line_feeds_and_absolute_targets_are_understood(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.send("GET http://docker/_ping?a=1 HTTP/1.1\nHost: docker\n\n")
            got = told((await peer.answer()).body)
            assert (got["path"], got["query"]) == ("/_ping", {"a": "1"})

    run(scenario())


def test_continue_is_sent_when_the_handler_wants_the_body(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST /a HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            assert (await peer.head()).status == 100
            peer.send("body")
            assert told((await peer.answer()).body)["body"] == "body"

    run(scenario())


def test_continue_is_sent_before_an_answer_that_begins_before_the_body_is_read(run: Run, socket_path: Path) -> None:
    async def handler(request: Request) -> None:
        request.body.welcome()
        stream = await request.stream()
        async for chunk in request.body:
            await stream.write(chunk)

    async def scenario() -> None:
        async with serving(handler, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST /a HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            assert (await peer.head()).status == 100
            peer.send("body")
            assert (await peer.answer()).body == b"body"

    run(scenario())


def test_no_continue_if_the_handler_does_not_read(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(ignore, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST /a HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            answer = await peer.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await peer.rest() == b""

    run(scenario())


def test_an_unread_body_that_is_there_does_not_cost_the_connection(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(ignore, socket_path) as served:
            peer = await served.connect()
            for _ in range(2):
                peer.post("/a", b"hello")
                assert (await peer.answer()).body == b"ignored"

    run(scenario())


def test_a_client_still_uploading_gets_its_answer_before_the_connection_closes(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(ignore, socket_path, linger=0.2) as served:
            peer = await served.connect()
            peer.send(f"POST /a HTTP/1.1\r\n{HOST}Content-Length: 50000000\r\n\r\n")
            peer.send(bytes(5_000_000))
            assert (await peer.answer()).body == b"ignored"
            assert await peer.rest() == b""

    run(scenario())


def test_a_handler_that_does_not_read_stops_the_sender(run: Run, socket_path: Path) -> None:
    go_on = asyncio.Event()

    async def late(request: Request) -> Response:
        await go_on.wait()
        size = 0
        async for chunk in request.body:
            assert len(chunk) < 2_000_000
            size += len(chunk)
        return json_response(size)

    async def scenario() -> None:
        async with serving(late, socket_path) as served:
            peer = await served.connect()
            peer.post("/a", bytes(10_000_000))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.writer.drain(), 0.2)
            assert peer.writer.transport.get_write_buffer_size() > 8_000_000  # never left the client
            go_on.set()
            assert int((await peer.answer()).body) == 10_000_000

    run(scenario())


def test_requests_ahead_of_their_turn_are_bounded(run: Run, socket_path: Path) -> None:
    go_on = asyncio.Event()

    async def wait(request: Request) -> Response:
        await go_on.wait()
        return text_response("")

    async def scenario() -> None:
        async with serving(wait, socket_path) as served:
            peer = await served.connect()
            one = f"GET /{'x' * 1000} HTTP/1.1\r\n{HOST}\r\n"
            peer.send(one * 5000)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.writer.drain(), 0.2)
            go_on.set()
            for _ in range(5000):
                assert (await peer.answer()).status == 200

    run(scenario())


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ("nonsense\r\n\r\n", 400, "malformed request"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "missing required Host header"),
        (f"GET / HTTP/1.1\r\n{HOST}a b: c\r\n\r\n", 400, "malformed request"),
        (f"POST / HTTP/1.1\r\n{HOST}Content-Length: abc\r\n\r\n", 400, "malformed request"),
        (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed request"),
        (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed"),
        (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n", 400, "transfer encoding"),
        (f"GET /%zz HTTP/1.1\r\n{HOST}\r\n", 400, "invalid URL escape"),
        (f"POST / HTTP/1.1\r\n{HOST}Expect: tea\r\nContent-Length: 1\r\n\r\n", 417, "unknown expectation"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/2"),
        (f"GET / HTTP/1.1\r\n{HOST}A: {'a' * 5000}\r\n\r\n", 431, "headers too large"),
        (f"GET / HTTP/1.1\r\n{HOST}A: {'a' * 5000}", 431, "headers too large"),
        (f"GET /{'a' * 5000}", 414, "URI too long"),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(
    run: Run, socket_path: Path, sent: str, status: int, words: str
) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path, head=4096, linger=0.1) as served:
            peer = await served.connect()
            peer.send(sent)
            answer = await peer.answer()
            assert answer.status == status
            assert words in answer.message
            assert answer.headers["connection"] == "close"
            assert await peer.rest() == b""
            other = await served.connect()
            other.get("/still-there")
            assert (await other.answer()).status == 200

    run(scenario())


def test_broken_chunks_are_the_clients_fault(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path, linger=0.1) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n")
            answer = await peer.answer()
            assert (answer.status, answer.message) == (400, "invalid byte in chunk length")
            assert await peer.rest() == b""

    run(scenario())


def test_a_body_that_ends_too_early_is_the_clients_fault(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}Content-Length: 20\r\n\r\nhello")
            peer.writer.write_eof()
            answer = await peer.answer()
            assert (answer.status, answer.message) == (400, "unexpected EOF")
            assert await peer.rest() == b""

    run(scenario())


def test_half_sent_headers_time_out_even_if_they_keep_dripping(run: Run, socket_path: Path) -> None:
    async def drip(send: Callable[[str], None]) -> None:
        while True:
            send("a")
            await asyncio.sleep(0.01)

    async def scenario() -> None:
        async with serving(tell, socket_path, head_timeout=0.2, linger=0.1) as served:
            peer = await served.connect()
            peer.send(f"GET / HTTP/1.1\r\n{HOST}X: ")
            dripping = asyncio.create_task(drip(peer.send))
            begin = time.monotonic()
            answer = await peer.answer()
            assert answer.status == 408
            assert time.monotonic() - begin < 30
            dripping.cancel()

    run(scenario())


def test_idle_connections_are_closed(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tell, socket_path, idle_timeout=0.2) as served:
            fresh, used = await served.connect(), await served.connect()
            used.get("/")
            assert (await used.answer()).status == 200
            assert await fresh.rest() == b""
            assert await used.rest() == b""

    run(scenario())


class Point(msgspec.Struct):
    X: int | None = None


async def read_point(request: Request) -> Response:
    return json_response(await request.json(Point))


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b'{"X": 3, "Unknown": 1}', 200, '{"X":3}\n'),
        (b"", 200, '{"X":null}\n'),
        (b"null", 200, '{"X":null}\n'),
        (b'{"X": ', 400, "invalid JSON: unexpected EOF"),
        (b"{nonsense}", 400, "invalid JSON: "),
        (b'{"X": "\xff"}', 400, "invalid JSON: "),
        (b'{"X": "three"}', 400, "invalid JSON: "),
        (b'{"X": 3} {}', 400, "unexpected content after JSON"),
    ],
)
def test_json_bodies(run: Run, socket_path: Path, body: bytes, status: int, text: str) -> None:
    async def scenario() -> None:
        async with serving(read_point, socket_path) as served:
            peer = await served.connect()
            peer.post("/", body, "Content-Type: application/json; charset=utf-8")
            answer = await peer.answer()
            assert answer.status == status
            assert (answer.message if status == 400 else answer.body.decode()).startswith(text)

    run(scenario())


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("X: y", "malformed Content-Type header (): mime: no media type"),
        ("Content-Type: text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"),
    ],
)
def test_json_has_to_be_called_json(run: Run, socket_path: Path, header: str, text: str) -> None:
    async def scenario() -> None:
        async with serving(read_point, socket_path) as served:
            peer = await served.connect()
            peer.post("/", b"{}", header)
            answer = await peer.answer()
            assert (answer.status, answer.message) == (400, text)

    run(scenario())


def test_a_body_over_the_limit_is_refused(run: Run, socket_path: Path) -> None:
    async def small(request: Request) -> Response:
        return text_response(str(len(await request.read(limit=10))))

    async def scenario() -> None:
        async with serving(small, socket_path) as served:
            peer = await served.connect()
            peer.post("/", bytes(10))
            assert (await peer.answer()).body == b"10"
            peer.post("/", bytes(11))
            assert (await peer.answer()).status == 413

    run(scenario())
