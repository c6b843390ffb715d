"""Name servers in real network namespaces."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wherry.kernel.network import links, namespaces
from wherry.kernel.network.name_servers import NameServers, port_of
from wherry.kernel.network.netlink import NETLINK_ROUTE, Netlink
from wherry.model.network import NameServer

pytestmark = pytest.mark.root

SERVICE = ("127.0.0.11", 53)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[str]:
    """A namespace with a loopback interface."""
    path = str(tmp_path / "netns")
    namespaces.create(path)
    with Netlink(NETLINK_ROUTE, path) as inside:
        loopback = links.link(inside, "lo")
        assert loopback is not None
        links.set_up(inside, loopback.index)
    yield path
    namespaces.remove(path)


@asynccontextmanager
async def served(path: str) -> AsyncIterator[NameServers]:
    """An engine that answers each message with its bytes in reverse."""
    servers = NameServers()
    await servers.serve(path, lambda message, _streamed: message[::-1])
    try:
        yield servers
    finally:
        await servers.close()


async def asked(path: str, message: bytes) -> bytes:
    """What a process in the namespace is answered to a datagram."""
    loop = asyncio.get_running_loop()
    with namespaces.socket_in(path, socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
        client.connect(SERVICE)
        return await exchanged(loop, client, message)


async def exchanged(loop: asyncio.AbstractEventLoop, client: socket.socket, message: bytes) -> bytes:
    async with asyncio.timeout(10):
        await loop.sock_sendall(client, message)
        return await loop.sock_recv(client, 65535)


def bound(path: str, kind: int, address: str, port: int) -> socket.socket:
    """What a process of a container does that wants a port."""
    own = namespaces.socket_in(path, socket.AF_INET, kind)
    own.bind((address, port))
    return own


async def test_what_is_asked_is_answered(path: str) -> None:
    async with served(path):
        assert await asked(path, b"abc") == b"cba"


async def test_the_port_stays_free_for_others(path: str) -> None:
    with bound(path, socket.SOCK_DGRAM, "0.0.0.0", 53), bound(path, socket.SOCK_STREAM, "0.0.0.0", 53):
        async with served(path):
            assert await asked(path, b"abc") == b"cba"


async def test_the_next_engine_serves_who_goes_on_with_the_same_socket(path: str) -> None:
    loop = asyncio.get_running_loop()
    with namespaces.socket_in(path, socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
        client.connect(SERVICE)
        async with served(path):
            assert await exchanged(loop, client, b"abc") == b"cba"
        async with served(path):
            assert await exchanged(loop, client, b"abc") == b"cba"


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
async def test_the_next_engine_finds_other_ports_where_its_own_are_taken(path: str, kind: socket.SocketKind) -> None:
    async with served(path):
        assert await asked(path, b"abc") == b"cba"
    with bound(path, kind, "0.0.0.0", port_of(path)):
        async with served(path):
            assert await asked(path, b"abc") == b"cba"


async def test_streams_say_how_long_each_message_is(path: str) -> None:
    loop = asyncio.get_running_loop()
    async with served(path), asyncio.timeout(10):
        with namespaces.socket_in(path, socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as client:
            await loop.sock_connect(client, SERVICE)
            reader, writer = await asyncio.open_connection(sock=client)
            writer.write(b"\0\3abc\0\1")
            assert await reader.readexactly(5) == b"\0\3cba"
            writer.write(b"x")
            assert await reader.readexactly(3) == b"\0\1x"
            writer.close()
            await writer.wait_closed()


async def test_streams_beyond_what_one_may_have_are_ended(path: str) -> None:
    loop = asyncio.get_running_loop()
    clients = [namespaces.socket_in(path, socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(33)]
    async with served(path), asyncio.timeout(10):
        for client in clients:
            await loop.sock_connect(client, SERVICE)
        assert await loop.sock_recv(clients[-1], 1) == b""
        assert await exchanged(loop, clients[0], b"\0\3abc") == b"\0\3cba"
    for client in clients:
        client.close()


@pytest.mark.parametrize("streamed", [False, True])
async def test_other_servers_are_asked_from_inside(path: str, streamed: bool) -> None:
    async with served(path) as servers:
        answer = await servers.exchange(
            path,
            NameServer(address=SERVICE[0]),
            b"abc",
            streamed=streamed,
            accepts=lambda message: message == b"cba",
            seconds=10,
        )
    assert answer == b"cba"


async def test_a_server_that_does_not_answer_is_given_up(path: str) -> None:
    servers = NameServers()
    nobody = NameServer(address="127.0.0.1")
    for streamed in (False, True):
        accepts = bool
        assert (await servers.exchange(path, nobody, b"abc", streamed=streamed, accepts=accepts, seconds=10)) is None
