"""Connections taken out of HTTP: no byte lost, both directions on their own."""

import asyncio
import hashlib
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from http_peer import serving

from wherry.api import streams
from wherry.api.http import HijackedStream, Request, Response, text_response
from wherry.engine.containers.output.streams import Hub
from wherry.errors import NoSuchContainer

Run = Callable[[Coroutine[Any, Any, None]], None]

HOST = "Host: d\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n"
RAW = "application/vnd.docker.raw-stream"

FRAMED = {
    "no body": "\r\n",
    "length zero": "Content-Length: 0\r\n\r\n",
    "fixed length": "Content-Length: 2\r\n\r\n{}",
    "chunked": "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
}


async def echo(request: Request) -> None:
    await request.read()
    stream = await request.hijack(RAW)
    while data := await stream.read():
        await stream.write(data)


def test_output_never_comes_in_one_piece_with_the_head(run: Run, socket_path: Path) -> None:
    asked = asyncio.Event()

    async def greet(request: Request) -> None:
        stream = await request.hijack(RAW)
        asked.set()
        await stream.write(b"hello")

    async def scenario() -> None:
        async with serving(greet, socket_path):
            loop = asyncio.get_running_loop()
            with socket.socket(socket.AF_UNIX) as client:
                client.setblocking(False)
                await loop.sock_connect(client, str(socket_path))
                await loop.sock_sendall(client, f"POST /exec/x/start HTTP/1.1\r\n{HOST}{UPGRADE}\r\n".encode())
                await asked.wait()
                await asyncio.sleep(0.02)  # a client that is slow to read
                head = await loop.sock_recv(client, 8192)
                output = await loop.sock_recv(client, 8192)
        assert head.endswith(b"\r\n\r\n")
        assert output == b"hello"

    run(scenario())


@pytest.mark.parametrize("upgrade", [UPGRADE, ""], ids=["upgrade", "plain"])
@pytest.mark.parametrize("framing", FRAMED.values(), ids=FRAMED.keys())
@pytest.mark.parametrize("step", [1, 10_000], ids=["dripping", "one segment"])
def test_bytes_behind_the_request_are_the_streams_first(
    run: Run, socket_path: Path, upgrade: str, framing: str, step: int
) -> None:
    sent = f"POST /exec/x/start HTTP/1.1\r\n{HOST}{upgrade}{framing}TAIL\x00\xff more"

    async def scenario() -> None:
        async with serving(echo, socket_path) as served:
            peer = await served.connect()
            for at in range(0, len(sent), step):
                peer.send(sent[at : at + step].encode("latin-1"))
                await asyncio.sleep(0)
            peer.writer.write_eof()
            answer = await peer.head()
            assert await peer.rest() == b"TAIL\x00\xff more"
            if upgrade:
                assert (answer.status, answer.reason) == (101, "UPGRADED")
                assert (answer.headers["connection"], answer.headers["upgrade"]) == ("upgrade", "tcp")
            else:
                assert (answer.status, answer.reason) == (200, "OK")
                assert not {"content-length", "transfer-encoding", "upgrade"} & set(answer.headers)
            assert answer.headers["content-type"] == RAW
            assert answer.headers["api-version"] == "1.45"

    run(scenario())


def test_a_body_the_handler_did_not_read_is_not_in_the_stream(run: Run, socket_path: Path) -> None:
    async def unread(request: Request) -> None:
        stream = await request.hijack(RAW)
        await stream.write(await stream.read())

    async def scenario() -> None:
        async with serving(unread, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}Content-Length: 6\r\n\r\nun")
            peer.send("readTAIL")
            await peer.head()
            assert await peer.rest() == b"TAIL"

    run(scenario())


def test_bytes_before_the_hijack_wait_and_are_bounded(run: Run, socket_path: Path) -> None:
    go_on = asyncio.Event()

    async def late(request: Request) -> None:
        await go_on.wait()
        await echo(request)

    async def scenario() -> None:
        async with serving(late, socket_path) as served:
            peer = await served.connect()
            early = bytes(range(256)) * 20_000
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n".encode() + early)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.writer.drain(), 0.2)
            assert peer.writer.transport.get_write_buffer_size() > 3_000_000
            go_on.set()
            await peer.head()
            assert await peer.reader.readexactly(len(early)) == early

    run(scenario())


def test_the_client_may_close_its_side_and_still_listen(run: Run, socket_path: Path) -> None:
    async def sort(request: Request) -> None:
        stream = await request.hijack(RAW)
        received = b""
        while data := await stream.read():
            received += data
        assert await stream.read() == b""
        for word in sorted(received.split()):
            await stream.write(word + b"\n")

    async def scenario() -> None:
        async with serving(sort, socket_path, half_close_grace=0.05) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            peer.send("b c a")
            peer.writer.write_eof()
            assert await peer.rest() == b"a\nb\nc\n"

    run(scenario())


def test_a_client_may_have_closed_its_side_before_the_hijack(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        go_on = asyncio.Event()

        async def late(request: Request) -> None:
            await go_on.wait()
            await echo(request)

        async with serving(late, socket_path) as served:
            peer, marker = await served.connect(), await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\nTAIL")
            peer.writer.write_eof()
            marker.send("nonsense\r\n\r\n")
            await marker.answer()  # the server has seen the end of the first by now
            go_on.set()
            await peer.head()
            assert await peer.rest() == b"TAIL"

    run(scenario())


def test_the_handler_may_close_its_side_and_still_listen(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def listen(request: Request) -> None:
            stream = await request.hijack(RAW)
            await stream.write(b"bye")
            stream.write_eof()
            received.set_result(await stream.read())

        async with serving(listen, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            assert await peer.rest() == b"bye"
            peer.send("still here")
            assert await received == b"still here"

    run(scenario())


def test_ten_megabytes_both_ways_with_a_reader_that_comes_late(run: Run, socket_path: Path) -> None:
    taken = 0

    async def counting(request: Request) -> None:
        nonlocal taken
        stream = await request.hijack(RAW)
        while data := await stream.read():
            taken += len(data)
            await stream.write(data)

    async def scenario() -> None:
        async with serving(counting, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            sent = bytes(range(256)) * 40_000
            peer.send(sent)
            peer.writer.write_eof()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.writer.drain(), 0.3)
            assert taken < 3_000_000
            assert peer.writer.transport.get_write_buffer_size() > 6_000_000
            received = await peer.rest()
            assert hashlib.sha256(received).digest() == hashlib.sha256(sent).digest()

    run(scenario())


def test_a_client_that_goes_is_noticed_by_an_idle_handler(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        gone = asyncio.Event()

        async def idle(request: Request) -> None:
            stream = await request.hijack(RAW)
            await stream.closed.wait()
            assert await stream.read() == b"last words"
            assert await stream.read() == b""
            with pytest.raises(ConnectionResetError):
                await stream.write(b"too late")
            gone.set()

        async with serving(idle, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            peer.send("last words")
            await peer.close()
            await asyncio.wait_for(gone.wait(), 30)

    run(scenario())


def test_closing_delivers_what_was_written_though_the_client_still_sends(run: Run, socket_path: Path) -> None:
    async def head_of(request: Request) -> None:
        stream = await request.hijack(RAW)
        await stream.read()
        await stream.write(bytes(1_000_000))
        stream.close()

    async def scenario() -> None:
        async with serving(head_of, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            peer.send(bytes(3_000_000))
            assert len(await peer.rest()) == 1_000_000

    run(scenario())


def test_abort_cuts(run: Run, socket_path: Path) -> None:
    async def cut(request: Request) -> None:
        stream = await request.hijack(RAW)
        stream.abort()

    async def scenario() -> None:
        async with serving(cut, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            assert await peer.rest() == b""

    run(scenario())


def test_a_request_for_an_upgrade_may_be_answered_as_any_other(run: Run, socket_path: Path) -> None:
    async def refuse(request: Request) -> Response:
        if request.method == "GET":
            return text_response(request.path)
        raise NoSuchContainer("x")

    async def scenario() -> None:
        async with serving(refuse, socket_path) as served:
            peer = await served.connect()
            peer.send(
                f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}Content-Length: 2\r\n\r\n{{}}GET /next HTTP/1.1\r\n{HOST}\r\n"
            )
            assert (await peer.answer()).message == "No such container: x"
            assert (await peer.answer()).body == b"/next"

    run(scenario())


def test_a_handler_that_fails_after_the_hijack_ends_the_stream(
    run: Run, socket_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: Request) -> None:
        stream = await request.hijack(RAW)
        await stream.write(b"so far")
        raise RuntimeError("no further")

    async def scenario() -> None:
        async with serving(fail, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST / HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            assert await peer.rest() == b"so far"

    run(scenario())
    assert "no further" in caplog.text


class Shouting(asyncio.Protocol):
    """Another protocol that a connection is handed to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())  # type: ignore[attr-defined]


def test_a_stream_can_be_handed_to_another_protocol(run: Run, socket_path: Path) -> None:
    async def hand_over(request: Request) -> None:
        stream: HijackedStream = await request.hijack(None, protocol="h2c")
        stream.hand_over(Shouting())

    async def scenario() -> None:
        async with serving(hand_over, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST /grpc HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nearly ")
            answer = await peer.head()
            assert answer.headers["upgrade"] == "h2c"
            assert "content-type" not in answer.headers
            peer.send("late")
            assert await peer.reader.readexactly(10) == b"EARLY LATE"

    run(scenario())


class SlowConsole:
    """Says nothing, and takes its time to take what it is told."""

    def __init__(self) -> None:
        self.taken = b""
        self.ended = asyncio.Event()

    async def read(self) -> tuple[int, bytes]:
        await self.ended.wait()
        return 0, b""

    async def write(self, data: bytes) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        self.taken += data

    async def close_stdin(self) -> None:
        self.ended.set()

    async def resize(self, height: int, width: int) -> None: ...

    def close(self) -> None: ...


def test_what_a_client_sent_before_it_went_is_taken_in(run: Run, socket_path: Path) -> None:
    console = SlowConsole()

    async def attach(request: Request) -> None:
        hub = Hub(tty=False, stdin_once=True, left=lambda: None)
        hub.connect(console)
        attachment = hub.attach(stdout=True, stderr=True, keys=b"")
        await streams.serve(await streams.hijack(request, tty=False), attachment, framed=False, takes_input=True)

    async def scenario() -> None:
        async with serving(attach, socket_path) as served:
            peer = await served.connect()
            peer.send(f"POST /containers/x/attach HTTP/1.1\r\n{HOST}{UPGRADE}\r\n")
            await peer.head()
            peer.send("last words")
            await peer.close()
            await asyncio.wait_for(console.ended.wait(), 30)
            assert console.taken == b"last words"

    run(scenario())
