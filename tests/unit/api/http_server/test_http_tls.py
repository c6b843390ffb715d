"""TLS on a connection: sides that end one by one, clients that do not speak it, clients that are cut off."""

import asyncio
import select
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from tests.harness.authority import Authority

from wherry.api.http import Request, Response, Server, text_response
from wherry.client.tls import TlsStream, client_context
from wherry.client.transport import CannotConnect, Stream, connect

Run = Callable[[Coroutine[Any, Any, None]], None]
GET = b"GET / HTTP/1.1\r\nHost: d\r\n\r\n"
HIJACK = b"POST /attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("pki"))
    authority.issue("server", "IP:127.0.0.1")
    return authority


class Encrypted:
    """A server behind TLS, and blocking clients of it in threads."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.gone = asyncio.Event()

    async def serve(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.folder / "server.pem", self.authority.folder / "server.key")
        self.server = Server(self.answer, product_version="26.1.5")
        await self.server.listen("tcp://127.0.0.1:0", tls=context)
        self.address = self.server.addresses[0]

    async def answer(self, request: Request) -> Response | None:
        if request.method == "GET":
            return text_response("hello")
        if request.path.endswith("/wait"):
            try:
                await asyncio.Event().wait()
            finally:
                self.gone.set()
        stream = await request.hijack(None)
        size = 0
        while data := await stream.read():
            size += len(data)
        await stream.write(b"%d bytes" % size + b"." * 500_000)
        return None

    def connect(self) -> Stream:
        tls = client_context(ca=str(self.authority.certificate), cert="", key="", verify=True)
        return connect(self.address, tls)


def attach(encrypted: Encrypted) -> bytes:
    stream = encrypted.connect()
    stream.send(HIJACK)
    while stream.line():
        pass
    stream.send(b"x" * 300_000)
    stream.close_write()
    parts = []
    while part := stream.receive():
        parts.append(part)
    stream.close()
    return b"".join(parts)


def test_an_answer_comes_after_the_end_of_input(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        encrypted = Encrypted(authority)
        await encrypted.serve()
        said = await asyncio.wait_for(asyncio.to_thread(attach, encrypted), 20)
        assert said == b"300000 bytes" + b"." * 500_000
        await encrypted.server.close()

    run(scenario())


def test_one_connection_serves_several_requests(run: Run, authority: Authority) -> None:
    def talk(encrypted: Encrypted) -> None:
        stream = encrypted.connect()
        for _ in range(2):
            assert stream.is_idle()
            stream.send(GET)
            while stream.line():
                pass
            assert stream.receive() == b"hello"
        stream.close()

    async def scenario() -> None:
        encrypted = Encrypted(authority)
        await encrypted.serve()
        await asyncio.wait_for(asyncio.to_thread(talk, encrypted), 20)
        await encrypted.server.close()

    run(scenario())


def test_a_client_that_is_cut_off_ends_its_request(run: Run, authority: Authority) -> None:
    def leave(encrypted: Encrypted) -> None:
        stream = encrypted.connect()
        stream.send(HIJACK.replace(b"/attach", b"/wait"))
        stream.sock.close()

    async def scenario() -> None:
        encrypted = Encrypted(authority)
        await encrypted.serve()
        await asyncio.to_thread(leave, encrypted)
        await asyncio.wait_for(encrypted.gone.wait(), 20)
        await encrypted.server.close()

    run(scenario())


def test_a_client_without_tls_is_told(run: Run, authority: Authority) -> None:
    def speak_plainly(encrypted: Encrypted) -> bytes:
        host, _, port = encrypted.address.removeprefix("tcp://").partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(GET)
            return client.recv(1000)

    async def scenario() -> None:
        encrypted = Encrypted(authority)
        await encrypted.serve()
        answer = await asyncio.to_thread(speak_plainly, encrypted)
        assert answer.startswith(b"HTTP/1.0 400 ")
        assert answer.endswith(b"Client sent an HTTP request to an HTTPS server.\n")
        await encrypted.server.close()

    run(scenario())


def test_a_stream_without_a_close_notify_was_cut_off(authority: Authority) -> None:
    """Nobody on the way may shorten what an engine says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "server.pem", authority.folder / "server.key")
    tls = client_context(ca=str(authority.certificate), cert="", key="", verify=True)
    ours, theirs = socket.socketpair()

    def say_half() -> None:
        with context.wrap_socket(theirs, server_side=True) as server:
            server.sendall(b"half of ")

    with ThreadPoolExecutor() as pool, ours:
        said = pool.submit(say_half)
        stream = TlsStream(ours, tls, "127.0.0.1")
        assert stream.receive() == b"half of "
        with pytest.raises(CannotConnect):
            stream.receive()
        said.result()


def test_the_end_is_seen_by_who_polls(authority: Authority) -> None:
    """A close_notify right behind the last bytes, on a connection that stays: as dockerd ends a hijacked stream."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "server.pem", authority.folder / "server.key")
    tls = client_context(ca=str(authority.certificate), cert="", key="", verify=True)
    ours, theirs = socket.socketpair()
    told = threading.Event()

    def say_all() -> None:
        with context.wrap_socket(theirs, server_side=True) as server:
            server.settimeout(0.001)
            server.sendall(b"all")
            with suppress(TimeoutError):
                server.unwrap()
            told.set()
            server.settimeout(20)
            server.recv(1)

    with ThreadPoolExecutor() as pool, ours:
        said = pool.submit(say_all)
        stream = TlsStream(ours, tls, "127.0.0.1")
        assert told.wait(20)
        assert stream.receive() == b"all"
        assert select.select([ours], [], [], 20)[0]
        assert stream.receive() == b""
        stream.close()
        said.cancel()
