"""Name servers of network namespaces: sockets in there, read by the event loop out here.

Each namespace has a datagram and a stream socket at a loopback address, and packets to port 53 are redirected to them:
a process of the container can have port 53 for itself. There is no thread and no process for them; what lies ready is
answered a few at a time, so that a namespace that never stops asking slows down itself alone.

What the messages say is not known here, but for their length before each in a stream (RFC 1035, section 4.2.2).
"""

import asyncio
import errno
import logging
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing, suppress
from typing import Final

from wherry.kernel.network import namespaces, redirection
from wherry.kernel.network.netlink import NETLINK_NETFILTER, Netlink
from wherry.model.network import NameServer

_log = logging.getLogger(__name__)

_ADDRESS: Final = "127.0.0.11"
_PORT: Final = 53
_PORTS: Final = range(32768, 60999)  # of the sockets: where the kernel chooses ports, and no service is expected
_AT_ONCE: Final = 16  # datagrams that are read before others have their turn
_STREAMS: Final = 32  # connections of a namespace at a time
_BACKLOG: Final = 16
_IDLE: Final = 10.0  # seconds until a connection that says nothing is ended
_LONGEST: Final = 65535
_LENGTH: Final = struct.Struct(">H")

Respond = Callable[[bytes, bool], bytes | Awaitable[bytes | None] | None]
"""What to answer to a message, which came in a stream or not: bytes, at once or after a while, or nothing."""

Accepts = Callable[[bytes], bool]
_Sender = tuple[str, int]


def port_of(path: str) -> int:
    """Where the sockets of a namespace are, unless a process in it has the port."""
    return _PORTS[zlib.crc32(path.encode()) % len(_PORTS)]


class NameServers:
    """Those of all namespaces, by path."""

    def __init__(self) -> None:
        self._servers: dict[str, _Server] = {}

    async def serve(self, path: str, respond: Respond) -> None:
        await self.stop(path)
        self._servers[path] = await _open(path, respond)

    async def stop(self, path: str) -> None:
        server = self._servers.pop(path, None)
        if server is not None:
            await server.close()

    async def close(self) -> None:
        for path in tuple(self._servers):
            await self.stop(path)

    async def exchange(
        self, path: str, server: NameServer, message: bytes, *, streamed: bool, accepts: Accepts, seconds: float
    ) -> bytes | None:
        try:
            async with asyncio.timeout(seconds):
                with closing(_socket_to(path, server, streamed=streamed)) as connection:
                    target = (server.address, _PORT)
                    await asyncio.get_running_loop().sock_connect(connection, target)
                    ask = _ask_by_stream if streamed else _ask_by_datagram
                    return await ask(connection, message, accepts)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            _log.debug("name server %s gave no answer: %r", server.address, error)
            return None


class _Server:
    """The sockets of one namespace."""

    def __init__(self, datagrams: socket.socket, respond: Respond) -> None:
        self._datagrams = datagrams
        self._respond = respond
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._conversations = 0
        self._loop.add_reader(datagrams, self._read)

    async def listen(self, listener: socket.socket) -> None:
        self._listener = await asyncio.start_server(self._stream, sock=listener, limit=_LONGEST + _LENGTH.size)

    async def close(self) -> None:
        self._loop.remove_reader(self._datagrams)
        self._datagrams.close()
        if self._listener is not None:
            self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                message, sender = self._datagrams.recvfrom(_LONGEST)
            except BlockingIOError:
                return
            answer = self._respond(message, False)
            if isinstance(answer, bytes):
                self._send(answer, sender)
            elif answer is not None:
                self._keep(self._loop.create_task(self._send_later(answer, sender)))

    async def _send_later(self, answer: Awaitable[bytes | None], sender: _Sender) -> None:
        message = await answer
        if message is not None:
            self._send(message, sender)

    def _send(self, message: bytes, sender: _Sender) -> None:
        try:
            self._datagrams.sendto(message, sender)
        except OSError as error:
            _log.debug("an answer could not be sent: %s", error)  # who asked asks again

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._conversations >= _STREAMS:
            writer.close()
            return
        self._keep(task)
        self._conversations += 1
        try:
            await self._converse(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            _log.debug("a stream ended: %r", error)
        finally:
            self._conversations -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(_IDLE):
                (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                message = await reader.readexactly(length)
            answer = self._respond(message, True)
            if answer is not None and not isinstance(answer, bytes):
                answer = await answer
            if answer is None:
                return
            async with asyncio.timeout(_IDLE):
                writer.write(_LENGTH.pack(len(answer)) + answer)
                await writer.drain()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _open(path: str, respond: Respond) -> _Server:
    with ExitStack() as undo:
        with namespaces.entered(path):
            datagrams = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
            streams = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            nfnl = Netlink(NETLINK_NETFILTER)
        with closing(nfnl):
            _bind(path, nfnl, datagrams, streams)
        streams.listen(_BACKLOG)
        server = _Server(datagrams, respond)
        await server.listen(streams)
        undo.pop_all()
    return server


def _bind(path: str, nfnl: Netlink, datagrams: socket.socket, streams: socket.socket) -> None:
    """At a port that follows from the path: the rules that an earlier engine made lead to where it was, and so to the
    next one's sockets. Where a process of the container has that port by now, the kernel chooses others."""
    port = port_of(path)
    streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before may linger
    try:
        for each in (datagrams, streams):
            each.bind((_ADDRESS, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _bind_anywhere(nfnl, datagrams, streams)
    else:
        with suppress(FileExistsError):  # an earlier engine's
            redirection.redirect(nfnl, _ADDRESS, _PORT, {"udp": port, "tcp": port})


def _bind_anywhere(nfnl: Netlink, datagrams: socket.socket, streams: socket.socket) -> None:
    for each in (datagrams, streams):
        if each.getsockname()[1] == 0:
            each.bind((_ADDRESS, 0))
    ports = {"udp": datagrams.getsockname()[1], "tcp": streams.getsockname()[1]}
    redirection.redirect(nfnl, _ADDRESS, _PORT, ports, instead=True)


def _socket_to(path: str, server: NameServer, *, streamed: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
    kind = (socket.SOCK_STREAM if streamed else socket.SOCK_DGRAM) | socket.SOCK_NONBLOCK
    return socket.socket(family, kind) if server.from_host else namespaces.socket_in(path, family, kind)


async def _ask_by_datagram(connection: socket.socket, message: bytes, accepts: Accepts) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, message)
    while True:
        answer = await loop.sock_recv(connection, _LONGEST)
        if accepts(answer):
            return answer


async def _ask_by_stream(connection: socket.socket, message: bytes, accepts: Accepts) -> bytes | None:
    await asyncio.get_running_loop().sock_sendall(connection, _LENGTH.pack(len(message)) + message)
    (length,) = _LENGTH.unpack(await _exactly(connection, _LENGTH.size))
    answer = await _exactly(connection, length)
    return answer if accepts(answer) else None


async def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = await asyncio.get_running_loop().sock_recv(connection, size - len(data))
        if not part:
            raise asyncio.IncompleteReadError(data, size)
        data += part
    return data
