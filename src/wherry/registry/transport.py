"""HTTP for registries: blocking connections in threads, an asynchronous face, cancellation that wakes the thread.

Connections are kept for a while and shared by origin, since a pull makes many small requests of one host.
"""

import asyncio
import http.client
import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec.structs import replace

from wherry.proxies import ProxyRules
from wherry.registry.certificates import Certificates
from wherry.registry.connection import Connection, Request
from wherry.registry.dial import Origin, Timeouts
from wherry.registry.reasons import ConnectionFailed, exchange_failed
from wherry.registry.urls import join

T = TypeVar("T")

_IDLE_SECONDS = 15.0
_MAX_IDLE = 4
_MAX_REDIRECTS = 10
_MAX_THREADS = 32
_SHORT_BODY = 64 << 10
_REDIRECTS = (301, 302, 303, 307, 308)


class Answer:
    """The head of an answer, and its body as it comes. To be closed, from whatever state."""

    def __init__(self, transport: "Transport", connection: Connection, response: http.client.HTTPResponse) -> None:
        self._transport, self._connection, self._response = transport, connection, response
        self.status = response.status
        self.reason = response.reason
        self.headers = response.headers
        self.content_type = response.headers.get("Content-Type", "")
        self._short_body: bytes | None = None
        self._closed = False

    @property
    def length(self) -> int:
        """The bytes of the body as the server told them, 0 where it did not."""
        told = self.headers.get("Content-Length", "")
        return int(told) if told.isdecimal() else 0

    async def read(self, size: int) -> bytes:
        """``size`` bytes, or what is left until the end or the break. Raises ConnectionFailed."""
        return await self._transport.run(self._connection, self._read, size)

    def _read(self, size: int) -> bytes:
        try:
            return self._response.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise exchange_failed(error) from error

    async def body(self, limit: int) -> bytes:
        """All of the body, and close. Raises ConnectionFailed if it breaks off or is larger than ``limit`` bytes."""
        try:
            data = await self.read(limit + 1)
        finally:
            self.close()
        if len(data) > limit:
            raise ConnectionFailed(f"response body larger than {limit} bytes")
        if len(data) < self.length:
            raise ConnectionFailed("unexpected EOF")
        return data

    async def finish(self) -> bytes:
        """The beginning of the body, which is all of a short one; and close. Any later call gives the same."""
        if self._short_body is None:
            try:
                self._short_body = await self.read(_SHORT_BODY)
            finally:
                self.close()
        return self._short_body

    def close(self) -> None:
        """Keep the connection if the body was read to its end, else end it."""
        if self._closed:
            return
        self._closed = True
        if self._response.isclosed() and not self._response.will_close:
            self._transport.keep(self._connection)
        else:
            self._transport.drop(self._connection)
        self._response.close()


class Transport:
    """All connections to registries. Of one event loop; `close` ends what is still open."""

    def __init__(self, *, certs_dir: str, timeouts: Timeouts, user_agent: str) -> None:
        self._certificates = Certificates(certs_dir)
        self._timeouts, self._user_agent = timeouts, user_agent
        self._proxies = ProxyRules.from_environment(os.environ)
        self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="registry")
        self._connections: set[Connection] = set()
        self._idle: dict[Origin, list[Connection]] = {}

    async def send(self, request: Request) -> Answer:
        """The answer to ``request`` or to what it was redirected to. Raises ConnectionFailed.

        A request with a body is never redirected, and Authorization is dropped when another host is asked.
        """
        for _ in range(_MAX_REDIRECTS):
            answer = await self._exchange(request)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None or request.body is not None:
                return answer
            await answer.finish()
            request = redirected(request, location)
        raise ConnectionFailed(f"stopped after {_MAX_REDIRECTS} redirects")

    async def upload(self, request: Request, chunks: AsyncGenerator[bytes, None]) -> Answer:
        """The answer to a request with a body as it comes; the Content-Length is among the headers.

        Never redirected. A registry may answer before it has all, and close. Raises ConnectionFailed.
        """
        # Not an idle one: there is no second try.
        connection = self._new_connection(Origin.of(request.url, request.verify))
        request = self._introduced(request)
        try:
            await self.run(connection, connection.begin, request)
            while chunk := await self._drawn(connection, chunks):
                try:
                    await self.run(connection, connection.write, chunk)
                except ConnectionFailed:
                    break
            return Answer(self, connection, await self.run(connection, connection.finish))
        except ConnectionFailed:
            self.drop(connection)
            raise

    async def run(self, connection: Connection, work: Callable[..., T], *arguments: object) -> T:
        """Do blocking work on ``connection`` in a thread; it is cut at once when the caller is cancelled."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            connection.cut()
            future.add_done_callback(lambda done: self._abandon(connection, done))
            raise

    def keep(self, connection: Connection) -> None:
        """Let another request use the connection, for a while."""
        idle = self._idle.setdefault(connection.origin, [])
        if connection not in self._connections or len(idle) >= _MAX_IDLE:
            self.drop(connection)
            return
        connection.used = True
        idle.append(connection)
        asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._expire, connection)

    def drop(self, connection: Connection) -> None:
        self._connections.discard(connection)
        connection.cut()
        connection.close()

    def close(self) -> None:
        """End idle connections and wake whoever waits on another one: they find it broken."""
        for connection in [connection for idle in self._idle.values() for connection in idle]:
            self.drop(connection)
        self._idle.clear()
        for connection in self._connections:
            connection.cut()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _exchange(self, request: Request) -> Answer:
        origin = Origin.of(request.url, request.verify)
        request = self._introduced(request)
        while True:
            connection = self._take(origin)
            try:
                return Answer(self, connection, await self.run(connection, connection.exchange, request))
            except ConnectionFailed:
                self.drop(connection)
                # The other side may have closed an idle connection just as it was taken up again.
                if not connection.used:
                    raise

    def _introduced(self, request: Request) -> Request:
        return replace(request, headers={"User-Agent": self._user_agent, **request.headers})

    async def _drawn(self, connection: Connection, chunks: AsyncGenerator[bytes, None]) -> bytes:
        """The next chunk of a body, b"" at its end."""
        try:
            return await anext(chunks, b"")
        except BaseException:
            self.drop(connection)
            raise

    def _take(self, origin: Origin) -> Connection:
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if connection.is_open():
                return connection
            self.drop(connection)
        return self._new_connection(origin)

    def _new_connection(self, origin: Origin) -> Connection:
        proxy = self._proxies.proxy_for(origin.scheme, origin.host, origin.port)
        connection = Connection(
            origin, proxy, lambda: self._certificates.context(origin.authority, origin.verify), self._timeouts
        )
        self._connections.add(connection)
        return connection

    def _expire(self, connection: Connection) -> None:
        idle = self._idle.get(connection.origin, [])
        if connection in idle:
            idle.remove(connection)
            self.drop(connection)
        if not idle:
            self._idle.pop(connection.origin, None)

    def _abandon(self, connection: Connection, done: "asyncio.Future[T]") -> None:
        self.drop(connection)
        if not done.cancelled():
            done.exception()


def redirected(request: Request, location: str) -> Request:
    """The request to make when ``request`` was answered with a redirect to ``location``."""
    url = join(request.url, location)
    if Origin.of(url, True).is_host_of(Origin.of(request.url, True)):
        return replace(request, url=url)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return replace(request, url=url, headers=headers, verify=True)
