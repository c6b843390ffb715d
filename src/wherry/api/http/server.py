"""The server: listens on any number of addresses and serves one handler on all of them."""

import asyncio
import os
import ssl
from collections.abc import Callable
from contextlib import suppress

from wherry.api.http.accepting import Acceptor
from wherry.api.http.listen import Listener, open_listeners
from wherry.api.http.protocol import Connection
from wherry.api.http.response import CommonHeaders
from wherry.api.http.service import Handler, Limits, Service
from wherry.version import API_VERSION


class Server:
    """Serve a handler, such as a :class:`Router`.

    >>> server = Server(router, product_version="26.1.5")
    >>> await server.listen("unix:///run/docker.sock")
    >>> await server.close()
    """

    def __init__(
        self,
        handler: Handler,
        *,
        product_version: str,
        experimental: bool = False,
        limits: Limits | None = None,
        http2: Callable[[], asyncio.Protocol | None] = lambda: None,
    ) -> None:
        """``http2`` makes the protocol for clients that begin with HTTP/2's preface, or says by None that it does
        not."""
        common = CommonHeaders(product_version=product_version, api_version=API_VERSION, experimental=experimental)
        self._service = Service(handler=handler, common=common, limits=limits or Limits(), http2=http2)
        self._listeners: list[tuple[Listener, Acceptor]] = []

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the server listens, with the ports that the kernel picked."""
        return tuple(listener.address for listener, _ in self._listeners)

    async def listen(self, address: str, *, group: str | int | None = None, tls: ssl.SSLContext | None = None) -> None:
        """Accept connections at an address as well: ``unix://PATH``, ``tcp://HOST:PORT`` or ``fd://``.

        ``group`` owns the file of a unix socket, ``tls`` is for TCP.

        Raises:
            InvalidArgument, Conflict, OSError: see :func:`open_listeners`.
        """
        for listener in open_listeners(address, group=group):
            tls_here = None if listener.is_unix else tls
            acceptor = Acceptor(listener.socket, self._connect, room=self._room, tls=tls_here)
            self._listeners.append((listener, acceptor))

    async def close(self, grace: float = 5.0) -> None:
        """Stop: take no more requests, let handlers end for ``grace`` seconds, then cancel them."""
        for listener, acceptor in self._listeners:
            if listener.path is not None:
                with suppress(FileNotFoundError):
                    os.unlink(listener.path)
            acceptor.close()
        self._listeners.clear()
        connections = tuple(self._service.connections)
        for connection in connections:
            connection.finish()
        tasks = [connection.task for connection in connections if connection.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=grace)
        for connection in tuple(self._service.connections):
            connection.abort()

    def _connect(self) -> Connection:
        return Connection(self._service)

    def _room(self) -> int:
        return self._service.limits.connections - len(self._service.connections)
