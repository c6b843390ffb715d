"""Back-pressure, in and out: what one side does not take, the other side may not send."""

import asyncio
import fcntl
import select
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

BUFFER = 256 * 1024
"""Bytes held for a slow reader before its sender has to wait, for each direction."""

_WIDE = 1 << 20  # bytes
_SO_SNDBUFFORCE = 32  # include/uapi/asm-generic/socket.h

_TIOCOUTQ = 0x5411  # include/uapi/asm-generic/ioctls.h; of the 240 names of ``termios`` no other is used

_FIRST_PAUSE, _LAST_PAUSE = 0.0005, 1.0  # seconds


class Inbound:
    """Bytes received and not yet read, bounded by pausing the transport. One reader at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self.ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    def put(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size >= BUFFER:
            self._transport.pause_reading()
        self._wake()

    def end(self, error: Exception | None = None) -> None:
        """Say that nothing more comes; with an error the reader gets it after the bytes before it."""
        if not self.ended:
            self.ended, self._error = True, error
            self._wake()

    async def get(self) -> bytes:
        """All bytes that are there, waiting for the first; ``b""`` at the end."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self.ended:
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        self._transport.resume_reading()
        return self.take()

    def take(self) -> bytes:
        """All bytes that are there, maybe none, without waiting."""
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        return data

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class Outbound(asyncio.Protocol):
    """The sending half of a protocol: ``send`` waits while the peer does not take what it was sent."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._unyielded = 0

    async def send(self, *pieces: bytes) -> None:
        """Send bytes, large ones without a copy; return when the peer is less than ``BUFFER`` behind.

        Raises:
            ConnectionResetError: the connection is gone.
        """
        self._require_open()
        self._transport.writelines(pieces)
        self._unyielded += sum(map(len, pieces))
        if not self._writable.is_set():
            await self._writable.wait()
            self._require_open()
        elif self._unyielded >= BUFFER:
            # A peer as fast as we are never makes us wait; others want the loop too.
            self._unyielded = 0
            await asyncio.sleep(0)

    def _require_open(self) -> None:
        if self.closed.is_set():
            raise ConnectionResetError("the client has gone")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        self._writable.set()


class HandedOver(asyncio.Protocol):
    """Another protocol on a connection that the server goes on counting: ``on_lost`` is called when it has ended."""

    def __init__(self, protocol: asyncio.Protocol, on_lost: Callable[[], None]) -> None:
        self._protocol = protocol
        self._on_lost = on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost()
        self._protocol.connection_lost(exc)


def limit_unsent(transport: asyncio.Transport) -> None:
    """Let a transport hold ``BUFFER`` bytes that the peer has not taken."""
    transport.set_write_buffer_limits(high=BUFFER)


def widen(transport: asyncio.Transport) -> None:
    """Let the kernel hold more for the peer of a unix socket, as far as this process may say so: with what it holds by
    default, 208 kB, each side of a large body waits for the other with every chunk."""
    sock = transport.get_extra_info("socket")
    if sock.family == socket.AF_UNIX:
        with suppress(PermissionError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _WIDE)


async def until_read(transport: asyncio.Transport) -> None:
    """Wait until the peer of a unix socket has read all that it was sent (``SIOCOUTQ``); not for ever, as it need not.
    For others there is no telling: TCP acknowledges what nobody has read yet."""
    sock = transport.get_extra_info("socket")
    pause = _FIRST_PAUSE
    while sock.family == socket.AF_UNIX and pause < _LAST_PAUSE and _unread(transport, sock.fileno()):
        await asyncio.sleep(pause)
        pause *= 2


def _unread(transport: asyncio.Transport, descriptor: int) -> bool:
    if transport.is_closing():
        return False
    queued = fcntl.ioctl(descriptor, _TIOCOUTQ, bytes(4))
    return transport.get_write_buffer_size() > 0 or any(queued)


def peer_is_gone(transport: asyncio.Transport) -> bool:
    """After an end of input: whether the peer closed both directions, not just its sending one.

    A unix socket tells (``POLLHUP``, see poll(2)). TCP cannot: a closed and a half-closed peer look the same until
    something is sent to them.
    """
    poller = select.poll()
    poller.register(transport.get_extra_info("socket").fileno(), 0)
    return bool(poller.poll(0))


def hand_over(transport: asyncio.Transport, protocol: asyncio.Protocol, received: bytes) -> None:
    """Give a connection to another protocol, with the bytes that came for it already."""
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    transport.resume_reading()
    if received:
        protocol.data_received(received)
