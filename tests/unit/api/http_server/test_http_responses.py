"""How answers look, and what a handler may do."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from http_peer import serving

from wherry.api.http import JSON, BodyTooLarge, Request, Response, empty, text_response
from wherry.api.http.flow import Outbound
from wherry.errors import InternalError, NameInUse, NoSuchContainer, NotSupported, Unavailable

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_every_answer_says_who_serves(run: Run, socket_path: Path) -> None:
    async def hello(request: Request) -> Response:
        return Response(b'{"a":1}\n', 201, JSON, {"X-Own": "yes"})

    async def scenario() -> None:
        async with serving(hello, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            answer = await peer.answer()
            assert (answer.status, answer.reason) == (201, "Created")
            assert answer.body == b'{"a":1}\n'
            date = answer.headers.pop("date")
            assert parsedate_to_datetime(date).tzinfo is not None
            assert answer.headers == {
                "api-version": "1.45",
                "docker-experimental": "false",
                "ostype": "linux",
                "server": "docker/26.1.5 (linux)",
                "x-own": "yes",
                "content-type": "application/json",
                "content-length": "8",
            }

    run(scenario())


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_have_none(run: Run, socket_path: Path, status: int) -> None:
    async def nothing(request: Request) -> Response:
        return Response(b"ignored", status, "text/plain") if request.path == "/even-so" else empty(status)

    async def scenario() -> None:
        async with serving(nothing, socket_path) as served:
            peer = await served.connect()
            for path in ("/", "/even-so"):
                peer.get(path)
                answer = await peer.answer()
                assert answer.status == status
                assert not {"content-length", "content-type", "transfer-encoding"} & set(answer.headers)

    run(scenario())


def test_an_empty_200_has_length_zero(run: Run, socket_path: Path) -> None:
    async def nothing(request: Request) -> Response:
        return empty(200)

    async def scenario() -> None:
        async with serving(nothing, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            assert (await peer.answer()).headers["content-length"] == "0"

    run(scenario())


def test_head_gets_the_head_only(run: Run, socket_path: Path) -> None:
    async def hello(request: Request) -> Response | None:
        if request.path == "/streamed":
            await (await request.stream()).write(b"unseen")
            return None
        return text_response("hello")

    async def scenario() -> None:
        async with serving(hello, socket_path) as served:
            peer = await served.connect()
            peer.send("HEAD / HTTP/1.1\r\nHost: d\r\n\r\nHEAD /streamed HTTP/1.1\r\nHost: d\r\n\r\n")
            assert (await peer.answer(to_head=True)).headers["content-length"] == "5"
            assert (await peer.answer(to_head=True)).status == 200
            peer.get("/")
            assert (await peer.answer()).body == b"hello"

    run(scenario())


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (NoSuchContainer("web"), 404, "No such container: web"),
        (NameInUse("web", "abc"), 409, 'Conflict. The container name "/web" is already in use by container "abc"'),
        (NotSupported("not here"), 501, "not here"),
        (Unavailable("not now"), 503, "not now"),
        (InternalError("broken"), 500, "broken"),
        (BodyTooLarge("too much"), 413, "too much"),
        (RuntimeError("bug"), 500, "bug"),
        (KeyError(), 500, "KeyError"),
    ],
)
def test_errors_become_answers_and_the_server_goes_on(
    run: Run, socket_path: Path, error: Exception, status: int, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: Request) -> Response:
        raise error

    async def scenario() -> None:
        async with serving(fail, socket_path) as served:
            peer = await served.connect()
            for _ in range(2):
                peer.get("/")
                answer = await peer.answer()
                assert answer.status == status
                assert answer.message.startswith(text)

    run(scenario())
    ours = isinstance(error, RuntimeError | KeyError)
    assert any(record.exc_info for record in caplog.records) == ours


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "a\nb"])
def test_a_header_cannot_break_out_of_its_line(run: Run, socket_path: Path, value: str) -> None:
    async def inject(request: Request) -> Response:
        return text_response("", headers={"X-A": value})

    async def scenario() -> None:
        async with serving(inject, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            assert (await peer.answer()).status == 500

    run(scenario())


def test_a_handler_has_to_answer(run: Run, socket_path: Path) -> None:
    async def silent(request: Request) -> Response | None:
        return None

    async def scenario() -> None:
        async with serving(silent, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            assert (await peer.answer()).status == 500

    run(scenario())


def test_a_stream_shows_its_head_before_its_body(run: Run, socket_path: Path) -> None:
    ended = asyncio.Event()

    async def wait(request: Request) -> None:
        stream = await request.stream("application/json", headers={"X-Own": "yes"})
        await ended.wait()
        await stream.write(b"")
        await stream.write(b'{"StatusCode":0}')

    async def scenario() -> None:
        async with serving(wait, socket_path) as served:
            peer = await served.connect()
            peer.post("/wait")
            answer = await peer.head()
            assert answer.headers["transfer-encoding"] == "chunked"
            assert answer.headers["x-own"] == "yes"
            ended.set()
            assert await peer.chunk() == b'{"StatusCode":0}'
            assert await peer.chunk() == b""
            peer.post("/wait")
            assert (await peer.answer()).body == b'{"StatusCode":0}'

    run(scenario())


def test_a_stream_to_http_1_0_ends_with_the_connection(run: Run, socket_path: Path) -> None:
    async def two(request: Request) -> None:
        stream = await request.stream("text/plain")
        await stream.write(b"one ")
        await stream.write(b"two")

    async def scenario() -> None:
        async with serving(two, socket_path) as served:
            peer = await served.connect()
            peer.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = await peer.answer()
            assert answer.body == b"one two"
            assert "transfer-encoding" not in answer.headers
            assert answer.headers["connection"] == "close"

    run(scenario())


def test_a_stream_that_fails_is_cut_not_ended(run: Run, socket_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(request: Request) -> None:
        stream = await request.stream()
        await stream.write(b"part")
        raise RuntimeError("in the middle")

    async def scenario() -> None:
        async with serving(fail, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            await peer.head()
            assert await peer.rest() == b"4\r\npart\r\n"

    run(scenario())
    assert "in the middle" in caplog.text


def test_a_slow_client_stops_the_handler(run: Run, socket_path: Path) -> None:
    written = 0

    async def pour(request: Request) -> None:
        nonlocal written
        stream = await request.stream("application/octet-stream")
        for _ in range(160):
            await stream.write(bytes(64 * 1024))
            written += 64 * 1024

    async def standstill() -> None:
        """Return when the handler has come to a stop."""
        before = -1
        while before != written:
            before = written
            await asyncio.sleep(0.1)

    async def scenario() -> None:
        async with serving(pour, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            await peer.head()
            await standstill()
            assert 0 < written < 2_000_000
            total = 0
            while chunk := await peer.chunk():
                total += len(chunk)
            assert total == written == 160 * 64 * 1024

    run(scenario())


class Bottomless(asyncio.Transport):
    """A peer that takes everything at once, so that nothing ever has to wait for it."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass


class Sender(Outbound):
    def __init__(self) -> None:
        super().__init__()
        self._transport = Bottomless()


def test_a_fast_client_does_not_keep_others_waiting(run: Run) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scenario() -> None:
        sender = Sender()
        waiting = asyncio.create_task(others())
        for _ in range(100):
            await sender.send(bytes(64 * 1024))
        assert turns >= 10
        waiting.cancel()

    run(scenario())


def test_an_answer_may_begin_while_the_body_still_comes(run: Run, socket_path: Path) -> None:
    async def echo(request: Request) -> None:
        stream = await request.stream()
        async for chunk in request.body:
            await stream.write(chunk)

    async def scenario() -> None:
        async with serving(echo, socket_path) as served:
            peer = await served.connect()
            peer.send("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 8\r\n\r\n")
            await peer.head()
            peer.send("step")
            assert await peer.chunk() == b"step"
            peer.send("step")
            assert await peer.chunk() == b"step"
            assert await peer.chunk() == b""

    run(scenario())


@pytest.mark.root
def test_a_large_answer_waits_less_for_its_reader(run: Run, socket_path: Path) -> None:
    written = asyncio.Event()

    async def large(request: Request) -> None:
        stream = await request.stream(large=True)
        await stream.write(bytes(1_000_000))
        written.set()

    async def scenario() -> None:
        async with serving(large, socket_path):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(socket_path))
                client.sendall(b"GET / HTTP/1.1\r\nHost: d\r\n\r\n")
                await asyncio.wait_for(written.wait(), 30)

    run(scenario())
