"""A connection taken out of HTTP: raw bytes both ways, as Docker's attach and exec use it."""

import asyncio
from collections.abc import Callable

from wherry.api.http.flow import HandedOver, Inbound, Outbound, hand_over, peer_is_gone, until_read

LINGER = 1.0
"""Seconds that a closed stream still takes and drops what the client sends.

Closing a TCP socket with unread bytes resets it, and the client would lose the end of our output.
"""


class HijackedStream(Outbound):
    """A bidirectional stream of bytes, got from :meth:`Request.hijack`.

    Nothing cancels its handler when the client goes: bytes the client sent before are still there to read. The
    handler learns of it by ``read`` (``b""``), by ``write`` (``ConnectionResetError``) and by the event ``closed``.
    The server closes the stream when the handler returns.
    """

    def __init__(
        self, transport: asyncio.Transport, received: bytes, *, ended: bool, on_lost: Callable[[], None]
    ) -> None:
        """``received`` came behind the request; ``ended`` says that the client has closed its sending side."""
        super().__init__()
        self._transport = transport
        self._inbound = Inbound(transport)
        self._closing = False
        self._has_written = False
        self._on_lost = on_lost
        transport.set_protocol(self)
        transport.resume_reading()
        if received:
            self._inbound.put(received)
        if ended:
            self._inbound.end()

    async def read(self) -> bytes:
        """The next bytes; ``b""`` once the client has sent its last. One reader at a time."""
        return await self._inbound.get()

    async def write(self, data: bytes) -> None:
        """Send bytes, waiting while the client is too far behind.

        The first ones wait until the client has read the head of the answer. docker-py reads that through a buffer and
        the rest without it: what comes in one piece with the head is lost to it.

        Raises:
            ConnectionResetError: the client has gone.
        """
        if not self._has_written:
            self._has_written = True
            await until_read(self._transport)
        await self.send(data)

    def write_eof(self) -> None:
        """Close our sending side; the client may go on sending."""
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        """Send what is left, then close. Bytes that come meanwhile are dropped."""
        if self._closing or self._transport.is_closing():
            return
        if self._inbound.ended or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._closing = True
        self.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER, self._transport.close)

    def abort(self) -> None:
        """Close at once, dropping what is not sent yet."""
        self._transport.abort()

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Give the connection to another protocol, with the bytes nobody has read yet. This stream is closed then."""
        self._closing = True
        received = self._inbound.take()
        self._inbound.end()
        super().connection_lost(None)
        hand_over(self._transport, HandedOver(protocol, self._on_lost), received)

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self._inbound.put(data)

    def eof_received(self) -> bool:
        self._inbound.end()
        return not self._closing and self._transport.can_write_eof() and not peer_is_gone(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._inbound.end()
        self._on_lost()
