"""A message, a datagram."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final

from wherry.collectors.encoding import Encoder
from wherry.model.log import LogLine

_TURN: Final = 50  # datagrams that the event loop waits for


class DatagramConnection:
    """By UDP nobody says whether somebody is there, and what is lost is lost. A Unix socket whose reader is slow is
    waited for."""

    def __init__(self, connection: socket.socket, encoder: Encoder) -> None:
        self._socket = connection
        self._encoder = encoder

    async def send(self, lines: Sequence[LogLine]) -> None:
        """OSError."""
        messages = await asyncio.to_thread(self._encoder.messages, lines)
        for begin in range(0, len(messages), _TURN):
            for message in messages[begin : begin + _TURN]:
                await self._send(message)
            await asyncio.sleep(0)

    def close(self) -> None:
        self._socket.close()

    async def _send(self, message: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._socket, message)
        except ConnectionRefusedError:
            if self._socket.family is socket.AF_UNIX:
                raise
            await loop.sock_sendall(self._socket, message)  # the error was that of the datagram before
