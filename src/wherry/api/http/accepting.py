"""Taking clients in: as many as there is room for, the others wait in the kernel's queue and are not turned away."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from wherry.api.http.tls import TlsLayer

BACKLOG: Final = 1024
_PAUSE: Final = 0.1  # seconds until it is tried again when there is no room
_NO_DESCRIPTORS: Final = (errno.EMFILE, errno.ENFILE)


class Acceptor:
    """One socket that listens from now on; must be made in a running loop."""

    def __init__(
        self,
        listening: socket.socket,
        connect: Callable[[], asyncio.Protocol],
        *,
        room: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``connect`` makes the protocol for a client, ``room`` tells how many more there may be."""
        self._listening = listening
        self._connect = connect
        self._room = room
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._resumption: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        listening.listen(BACKLOG)
        self._resume()

    def close(self) -> None:
        """Take nobody in any more."""
        if self._resumption is not None:
            self._resumption.cancel()
        self._loop.remove_reader(self._listening.fileno())
        self._listening.close()

    def _accept(self) -> None:
        """One client: to ask in vain whether there is another would cost more than to be called again."""
        if self._room() <= len(self._arriving):
            self._pause()
            return
        try:
            client, _address = self._listening.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            if error.errno not in _NO_DESCRIPTORS:
                raise
            self._pause()
            return
        task = self._loop.create_task(self._take_in(client))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _take_in(self, client: socket.socket) -> None:
        with suppress(OSError):  # a client that is gone
            if self._tls is None:
                await self._loop.connect_accepted_socket(self._connect, client)
                return
            layer = TlsLayer(self._tls, self._connect)
            await self._loop.connect_accepted_socket(lambda: layer, client)
            await layer.settled.wait()

    def _pause(self) -> None:
        self._loop.remove_reader(self._listening.fileno())
        self._resumption = self._loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        self._loop.add_reader(self._listening.fileno(), self._accept)
