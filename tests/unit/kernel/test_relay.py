"""What comes to a port of the host is carried to another address, and the answers back."""

import asyncio
import os
import resource
import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from wherry.kernel.network.relay import relay

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def bound(kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6, kind)
    made.bind(("::1", 0))
    return made


@asynccontextmanager
async def relayed(serve: Serve) -> AsyncIterator[int]:
    """A relay to a server of connections; its port at ::1."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    outer = bound(socket.SOCK_STREAM)
    port: int = outer.getsockname()[1]
    carrying = relay(outer, server.sockets[0].getsockname())
    try:
        yield port
    finally:
        carrying.close()
        server.close()


@contextmanager
def descriptors(left: int) -> Iterator[None]:
    """While the block runs no more than so many can be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 16, hard))
    held: list[int] = []
    try:
        with suppress(OSError):
            while True:
                held.append(os.dup(0))
        for _ in range(left):
            os.close(held.pop())
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def taken(port: socket.socket) -> None:
    """Return when all that came to the port was read."""
    while True:
        if not select.select([port], [], [], 0)[0]:
            return
        await asyncio.sleep(0)


def uncaught() -> list[str]:
    """What nobody catches in the running event loop from now on."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(repr(context)))
    return told


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything back, once the caller has said all."""
    writer.write(await reader.read())
    writer.close()


async def test_all_of_it_goes_both_ways_and_one_side_may_end_first() -> None:
    said = bytes(range(256)) * 20_000
    async with relayed(echo) as port:
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(said)
        writer.write_eof()
        heard = await reader.read()
        writer.close()

    assert heard == said


async def test_a_caller_who_does_not_read_holds_the_speaker_up() -> None:
    spoken = 0

    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal spoken
        for _ in range(1000):
            writer.write(bytes(1 << 16))
            await writer.drain()
            spoken += 1
        writer.close()

    async with relayed(speak) as port:
        with socket.create_connection(("::1", port)) as caller:
            held, before = False, -1
            while not held:
                await asyncio.sleep(0.05)
                held, before = 0 < spoken == before, spoken
            assert spoken < 1000
            caller.setblocking(False)
            loop, heard = asyncio.get_running_loop(), 0
            while data := await loop.sock_recv(caller, 1 << 20):
                heard += len(data)

    assert heard == 1000 << 16


async def test_nobody_listens_there() -> None:
    outer = bound(socket.SOCK_STREAM)
    with bound(socket.SOCK_STREAM) as idle:  # a port that nobody has
        carrying = relay(outer, ("127.0.0.1", idle.getsockname()[1]))
    port = outer.getsockname()[1]

    reader, writer = await asyncio.open_connection("::1", port)

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    carrying.close()


async def test_the_end_of_a_relay_ends_its_connections_and_frees_the_port() -> None:
    async with relayed(echo) as port:
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(b"x")

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("::1", port)


async def test_answers_to_datagrams_go_to_who_asked() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        outer = bound(socket.SOCK_DGRAM)
        port = outer.getsockname()[1]
        carrying = relay(outer, server.getsockname())
        with (
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as two,
        ):
            for sender, said in ((one, b"one"), (two, b"two")):
                sender.setblocking(False)
                sender.connect(("::1", port))
                sender.send(said)
            heard = [await loop.sock_recvfrom(server, 100) for _ in range(2)]
            for data, address in reversed(heard):
                server.sendto(data.upper(), address)
            answers = [await loop.sock_recv(sender, 100) for sender in (one, two)]
        carrying.close()

    assert answers == [b"ONE", b"TWO"]


async def test_a_caller_for_whom_there_is_no_descriptor_is_let_go_and_later_ones_are_served() -> None:
    loop, told = asyncio.get_running_loop(), uncaught()
    async with relayed(echo) as port:
        with socket.socket(socket.AF_INET6) as caller:
            caller.setblocking(False)
            with descriptors(left=1):
                await loop.sock_connect(caller, ("::1", port))
                assert await loop.sock_recv(caller, 1) == b""
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"hello"
        writer.close()

    assert told == []


async def test_datagrams_are_lost_while_there_are_no_descriptors() -> None:
    loop, told = asyncio.get_running_loop(), uncaught()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        outer = bound(socket.SOCK_DGRAM)
        carrying = relay(outer, server.getsockname())
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
            sender.connect(outer.getsockname())
            with descriptors(left=0):
                sender.send(b"lost")
                await taken(outer)
            sender.send(b"carried")
            assert await loop.sock_recv(server, 100) == b"carried"
        carrying.close()

    assert told == []
