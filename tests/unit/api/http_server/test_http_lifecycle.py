"""Connections and servers from begin to end: clients that leave, shutdown, sockets on disk."""

import asyncio
import gc
import os
import socket
import stat
import sys
import textwrap
import weakref
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest
from http_peer import Peer, serving

from wherry.api.http import Request, Response, Server, empty, text_response
from wherry.api.http.listen import open_listeners
from wherry.errors import Conflict, InvalidArgument

Run = Callable[[Coroutine[Any, Any, None]], None]


async def hello(request: Request) -> Response:
    return text_response("hello")


class Waiting:
    """A handler that never ends by itself."""

    def __init__(self, *, stream: bool = False) -> None:
        self.begun, self.cancelled = asyncio.Event(), asyncio.Event()
        self._stream = stream

    async def __call__(self, request: Request) -> Response | None:
        if self._stream:
            await request.stream()
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return None


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_cancels_its_handler_at_once(run: Run, socket_path: Path, stream: bool) -> None:
    async def scenario() -> None:
        waiting = Waiting(stream=stream)
        async with serving(waiting, socket_path, half_close_grace=3600) as served:
            peer = await served.connect()
            peer.post("/wait")
            await waiting.begun.wait()
            await peer.close()
            await asyncio.wait_for(waiting.cancelled.wait(), 30)

    run(scenario())


def test_what_was_being_sent_to_a_client_that_goes_is_given_back_at_once(run: Run, socket_path: Path) -> None:
    class Held:
        """Stands for what a handler has in its hands."""

    given_back = asyncio.Event()

    async def endless(request: Request) -> None:
        held = Held()
        weakref.finalize(held, given_back.set)
        stream = await request.stream()
        while True:
            await stream.write(bytes(1 << 16))

    async def scenario() -> None:
        async with serving(endless, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            await peer.reader.readexactly(1 << 10)
            await peer.close()
            await asyncio.wait_for(given_back.wait(), 30)

    gc.disable()  # a cycle would be found some time, after hundreds of clients
    try:
        run(scenario())
    finally:
        gc.enable()


def test_the_folder_of_a_socket_is_made(tmp_path: Path) -> None:
    (listener,) = open_listeners(f"unix://{tmp_path}/run/engine/socket")
    with listener.socket:
        assert (tmp_path / "run" / "engine" / "socket").is_socket()


def test_who_vanishes_without_a_word_is_noticed() -> None:
    (listener,) = open_listeners("tcp://127.0.0.1:0")
    with listener.socket as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            options = socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT
            idle, interval, probes = (accepted.getsockopt(socket.IPPROTO_TCP, option) for option in options)
            assert idle + interval * probes <= 150


def test_a_client_that_goes_during_its_upload_cancels_the_handler(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        waiting = Waiting()
        async with serving(waiting, socket_path, half_close_grace=3600) as served:
            peer = await served.connect()
            peer.send("POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\npart")
            await waiting.begun.wait()
            await peer.close()
            await asyncio.wait_for(waiting.cancelled.wait(), 30)

    run(scenario())


def test_a_half_closed_client_gets_its_answers(run: Run, socket_path: Path) -> None:
    async def soon(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return text_response("soon")

    async def scenario() -> None:
        async with serving(soon, socket_path) as served:
            peer = await served.connect()
            peer.get("/a")
            peer.get("/b")
            peer.writer.write_eof()
            assert [(await peer.answer()).body for _ in range(2)] == [b"soon", b"soon"]
            assert await peer.rest() == b""

    run(scenario())


def test_a_half_closed_client_is_not_waited_for_without_end(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        waiting = Waiting()
        async with serving(waiting, socket_path, half_close_grace=0.1) as served:
            peer = await served.connect()
            peer.post("/wait")
            peer.writer.write_eof()
            await asyncio.wait_for(waiting.cancelled.wait(), 30)
            assert await peer.rest() == b""

    run(scenario())


def test_over_tcp_a_client_that_goes_cancels_its_handler_too(run: Run) -> None:
    async def scenario() -> None:
        waiting = Waiting()
        server = Server(waiting, product_version="26.1.5")
        await server.listen("tcp://127.0.0.1:0")
        host, _, port = server.addresses[0].removeprefix("tcp://").rpartition(":")
        peer = Peer(*await asyncio.open_connection(host, int(port)))
        peer.post("/wait")
        await waiting.begun.wait()
        await peer.close()
        await asyncio.wait_for(waiting.cancelled.wait(), 30)
        await server.close()

    run(scenario())


def test_shutdown_lets_handlers_end_and_takes_no_more(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            begun.set()
            await go_on.wait()
            return text_response("done")

        async with serving(slow, socket_path) as served:
            busy, idle = await served.connect(), await served.connect()
            busy.get("/")
            await begun.wait()
            closing = asyncio.create_task(served.server.close(grace=10))
            assert await idle.rest() == b""
            with pytest.raises(OSError):
                await served.connect()
            go_on.set()
            answer = await busy.answer()
            assert (answer.body, answer.headers["connection"]) == (b"done", "close")
            assert await busy.rest() == b""
            await closing

    run(scenario())


def test_shutdown_cancels_who_does_not_end(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        waiting = Waiting(stream=True)
        async with serving(waiting, socket_path) as served:
            peer = await served.connect()
            peer.get("/events")
            await waiting.begun.wait()
            await served.server.close(grace=0.05)
            assert waiting.cancelled.is_set()
            await peer.head()
            assert await peer.rest() == b""

    run(scenario())


def test_shutdown_ends_hijacked_streams(run: Run, socket_path: Path) -> None:
    async def attach(request: Request) -> None:
        stream = await request.hijack(None)
        await stream.read()

    async def scenario() -> None:
        async with serving(attach, socket_path) as served:
            peer = await served.connect()
            peer.post("/attach")
            await peer.head()
            await served.server.close(grace=0.05)
            assert await peer.rest() == b""

    run(scenario())


def test_the_socket_file_is_for_its_group_and_goes_with_the_server(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        server = Server(hello, product_version="26.1.5")
        await server.listen(f"unix://{socket_path}", group=os.getgid())
        found = socket_path.stat()
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert found.st_gid == os.getgid()
        assert server.addresses == (f"unix://{socket_path}",)
        await server.close()
        assert not socket_path.exists()

    run(scenario())


def test_a_file_left_by_a_dead_server_is_replaced(run: Run, socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path))

    async def scenario() -> None:
        async with serving(hello, socket_path) as served:
            peer = await served.connect()
            peer.get("/")
            assert (await peer.answer()).body == b"hello"

    run(scenario())


def test_a_living_server_keeps_its_socket(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(hello, socket_path) as served:
            with pytest.raises(Conflict, match="another server listens"):
                await Server(hello, product_version="26.1.5").listen(f"unix://{socket_path}")
            peer = await served.connect()
            peer.get("/")
            assert (await peer.answer()).body == b"hello"

    run(scenario())


def test_a_file_that_is_no_socket_is_left_alone(run: Run, socket_path: Path) -> None:
    socket_path.write_text("precious")

    async def scenario() -> None:
        with pytest.raises(Conflict, match="no socket"):
            await Server(hello, product_version="26.1.5").listen(f"unix://{socket_path}")

    run(scenario())
    assert socket_path.read_text() == "precious"


@pytest.mark.parametrize(
    "address", ["/run/d.sock", "http://x", "tcp://127.0.0.1:http", "fd://", "tcp://no.such.host.invalid:1"]
)
def test_addresses_that_make_no_sense(run: Run, address: str) -> None:
    async def scenario() -> None:
        with pytest.raises(InvalidArgument):
            await Server(hello, product_version="26.1.5").listen(address)

    run(scenario())


def test_an_unknown_group_is_an_error(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(InvalidArgument, match="group no-such-group not found"):
            await Server(hello, product_version="26.1.5").listen(f"unix://{socket_path}", group="no-such-group")

    run(scenario())


def test_several_addresses_at_once(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(hello, socket_path) as served:
            await served.server.listen("tcp://127.0.0.1:0")
            await served.server.listen("tcp://[::1]:0")
            assert [address.rpartition(":")[0] for address in served.server.addresses[1:]] == [
                "tcp://127.0.0.1",
                "tcp://[::1]",
            ]
            for address in served.server.addresses[1:]:
                host, _, port = address.removeprefix("tcp://").rpartition(":")
                peer = Peer(*await asyncio.open_connection(host.strip("[]"), int(port)))
                peer.get("/", "Connection: close")
                assert (await peer.answer()).body == b"hello"
                await peer.close()

    run(scenario())


ACTIVATED = """
    import asyncio
    import sys
    from wherry.api.http import Server, text_response

    async def main():
        done = asyncio.Event()
        async def last(request):
            done.set()
            return text_response("activated")
        server = Server(last, product_version="26.1.5")
        await server.listen(sys.argv[1])
        await done.wait()
        await server.close()

    asyncio.run(main())
"""


@pytest.mark.parametrize("address", ["fd://", "fd://*", "fd://3"])
def test_an_inherited_socket_is_served_and_its_file_stays(run: Run, socket_path: Path, address: str) -> None:
    async def scenario() -> None:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(socket_path))
            listening.listen()
            command = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" -c "$1" "$2"'
            activated = await asyncio.create_subprocess_exec(
                *("bash", "-c", command, sys.executable, textwrap.dedent(ACTIVATED), address),
                pass_fds=[listening.fileno()],
            )
            peer = Peer(*await asyncio.open_unix_connection(str(socket_path)))
            peer.get("/", "Connection: close")
            assert (await peer.answer()).body == b"activated"
            await peer.close()
            assert await activated.wait() == 0
            assert socket_path.exists()

    run(scenario())


class Counting(asyncio.Protocol):
    """Stands for an HTTP/2 server: says how many bytes it has got."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.count = transport, 0

    def data_received(self, data: bytes) -> None:
        self.count += len(data)
        if self.count >= 33:
            self.transport.write(b"%d" % self.count)  # type: ignore[attr-defined]
            self.transport.close()


def test_http2_with_prior_knowledge_goes_to_its_own_protocol(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        server = Server(hello, product_version="26.1.5", http2=Counting)
        await server.listen(f"unix://{socket_path}")
        peer = Peer(*await asyncio.open_unix_connection(str(socket_path)))
        peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00")
        peer.send(b"\x00\x00")
        assert await peer.rest() == b"33"
        await peer.close()
        await server.close()

    run(scenario())


def test_many_connections_come_and_go_without_a_trace(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(lambda request: done(), socket_path) as served:
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(50):
                peer = await served.connect()
                peer.get("/", "Connection: close")
                assert (await peer.answer()).status == 204
                await peer.rest()
                await peer.close()
            await asyncio.sleep(0)
            assert len(os.listdir("/proc/self/fd")) <= before + 1

    async def done() -> Response:
        return empty()

    run(scenario())


def test_more_clients_than_there_is_room_for_wait_until_one_leaves(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(hello, socket_path, connections=2) as served:
            peers = [await served.connect() for _ in range(3)]
            for peer in peers:
                peer.get("/")
            for peer in peers[:2]:
                assert (await peer.answer()).body == b"hello"
            late = asyncio.ensure_future(peers[2].answer())
            assert not (await asyncio.wait((late,), timeout=0.3))[0]

            await peers[0].close()

            assert (await asyncio.wait_for(late, 5)).body == b"hello"

    run(scenario())


UPGRADE = "POST /grpc HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


@pytest.mark.parametrize("begin", [UPGRADE, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], ids=["upgrade", "preface"])
def test_a_connection_that_another_protocol_has_takes_up_room_until_it_ends(
    run: Run, socket_path: Path, begin: str
) -> None:
    class Greeting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            cast(asyncio.WriteTransport, transport).write(b"hi")

    async def give_away(request: Request) -> Response | None:
        if request.method == "GET":
            return await hello(request)
        (await request.hijack(None, "h2c")).hand_over(Greeting())
        return None

    async def scenario() -> None:
        async with serving(give_away, socket_path, http2=Greeting, connections=1) as served:
            guest, other = await served.connect(), await served.connect()
            guest.send(begin)
            await guest.reader.readuntil(b"hi")
            other.get("/")
            late = asyncio.ensure_future(other.answer())
            assert not (await asyncio.wait((late,), timeout=0.3))[0]

            await guest.close()

            assert (await asyncio.wait_for(late, 5)).body == b"hello"

    run(scenario())


@pytest.mark.parametrize(
    ("which", "text"),
    [
        ("x", "failed to parse systemd fd address: should be a number: x"),
        ("9", "too few socket activated files passed in by systemd"),
    ],
)
def test_inherited_sockets_that_are_none(which: str, text: str) -> None:
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    with pytest.raises(InvalidArgument, match=text):
        open_listeners(f"fd://{which}", environ=environ)
