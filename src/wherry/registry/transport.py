"""HTTP/1.1 for registries: blocking connections in threads, an asynchronous face, cancellation that wakes the thread.

Connections are kept for a while and shared by origin, since a pull makes many small requests of one host.
"""

import asyncio
import http.client
import os
import select
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from wherry.registry.certificates import Certificates
from wherry.registry.dial import Origin, Timeouts, Wire, dial, proxy_authorization
from wherry.registry.proxies import ProxyRules
from wherry.registry.reasons import ConnectionFailed, exchange_failed

T = TypeVar("T")

IDLE_SECONDS = 15.0
MAX_IDLE = 4
MAX_REDIRECTS = 10
MAX_THREADS = 32
SHORT_BODY = 64 << 10
WRITE = 64 << 10
REDIRECTS = (301, 302, 303, 307, 308)


class Request(Struct, frozen=True, kw_only=True):
    """``verify``: whether the host's certificate must be good; a redirect to another host always asks for that."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    verify: bool = True


class Line:
    """One connection to an origin. Its methods block, in one thread at a time; `cut` may come from any thread."""

    def __init__(self, origin: Origin, proxy: str | None, context: Callable[[], ssl.SSLContext], timeouts: Timeouts):
        self.origin = origin
        self.used = False
        self._proxy, self._context, self._timeouts = proxy, context, timeouts
        self._wire = Wire()
        self._connection = http.client.HTTPConnection(origin.host, origin.port)
        self._connection.auto_open = 0

    def exchange(self, request: Request) -> http.client.HTTPResponse:
        """Send, and wait for the head of the answer. Raises ConnectionFailed."""
        self.begin(request)
        return self.finish()

    def begin(self, request: Request) -> None:
        """Send all that the request itself holds; a body that its Content-Length announces comes by `write`."""
        headers = {"Host": self.origin.authority, **request.headers}
        target = urlsplit(request.url)._replace(scheme="", netloc="", fragment="").geturl() or "/"
        if self._proxy and self.origin.scheme == "http":
            target, headers = request.url, headers | proxy_authorization(self._proxy)
        if self._connection.sock is None:
            self._connection.sock = dial(self.origin, self._wire, self._proxy, self._context, self._timeouts)
        try:
            self._connection.request(request.method, target, body=request.body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            raise exchange_failed(error) from error

    def write(self, data: bytes) -> None:
        """Send more of a body. In pieces: a socket's timeout is for all that one call sends."""
        view = memoryview(data)
        try:
            for start in range(0, len(view), WRITE):
                self._connection.send(view[start : start + WRITE])
        except OSError as error:
            raise exchange_failed(error) from error

    def finish(self) -> http.client.HTTPResponse:
        """Wait for the head of the answer."""
        try:
            return self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise exchange_failed(error) from error

    def is_open(self) -> bool:
        """Whether the connection can carry one more request: an idle one with something to read was closed there."""
        if self._connection.sock is None:
            return False
        poll = select.poll()
        poll.register(self._connection.sock, select.POLLIN)
        return not poll.poll(0)

    def cut(self) -> None:
        self._wire.cut()

    def close(self) -> None:
        self._connection.close()


class Answer:
    """The head of an answer, and its body as it comes. To be closed, from whatever state."""

    def __init__(self, transport: "Transport", line: Line, response: http.client.HTTPResponse) -> None:
        self._transport, self._line, self._response = transport, line, response
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
        return await self._transport.run(self._line, self._read, size)

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
        """At most SHORT_BODY bytes of the body; and close, keeping the connection. Any later call gives the same."""
        if self._short_body is None:
            try:
                self._short_body = await self.read(SHORT_BODY)
            finally:
                self.close()
        return self._short_body

    def close(self) -> None:
        """Keep the connection if the body was read to its end, else end it."""
        if self._closed:
            return
        self._closed = True
        if self._response.isclosed() and not self._response.will_close:
            self._transport.keep(self._line)
        else:
            self._transport.drop(self._line)
        self._response.close()


class Transport:
    """All connections to registries. Of one event loop; `close` ends what is still open."""

    def __init__(self, *, certs_dir: str, timeouts: Timeouts, user_agent: str) -> None:
        self._certificates = Certificates(certs_dir)
        self._timeouts, self._user_agent = timeouts, user_agent
        self._proxies = ProxyRules.from_environment(os.environ)
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="registry")
        self._lines: set[Line] = set()
        self._idle: dict[Origin, list[Line]] = {}

    async def send(self, request: Request) -> Answer:
        """The answer to ``request`` or to what it was redirected to. Raises ConnectionFailed.

        A request with a body is never redirected, and Authorization is dropped when another host is asked.
        """
        for _ in range(MAX_REDIRECTS):
            answer = await self._exchange(request)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or location is None or request.body is not None:
                return answer
            await answer.finish()
            request = redirected(request, location)
        raise ConnectionFailed(f"stopped after {MAX_REDIRECTS} redirects")

    async def upload(self, request: Request, chunks: AsyncGenerator[bytes, None]) -> Answer:
        """The answer to a request with a body as it comes; the Content-Length is among the headers.

        Never redirected. A registry may answer before it has all, and close. Raises ConnectionFailed.
        """
        line = self._new_line(Origin.of(request.url, request.verify))  # not an idle one: there is no second try
        request = self._introduced(request)
        try:
            await self.run(line, line.begin, request)
            while chunk := await self._drawn(line, chunks):
                try:
                    await self.run(line, line.write, chunk)
                except ConnectionFailed:
                    break
            return Answer(self, line, await self.run(line, line.finish))
        except ConnectionFailed:
            self.drop(line)
            raise

    async def run(self, line: Line, work: Callable[..., T], *arguments: object) -> T:
        """Do blocking work on ``line`` in a thread. When the caller is cancelled, the line is cut at once."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            line.cut()
            future.add_done_callback(lambda done: self._abandon(line, done))
            raise

    def keep(self, line: Line) -> None:
        """Let another request use the connection, for a while."""
        idle = self._idle.setdefault(line.origin, [])
        if line not in self._lines or len(idle) >= MAX_IDLE:
            self.drop(line)
            return
        line.used = True
        idle.append(line)
        asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, line)

    def drop(self, line: Line) -> None:
        self._lines.discard(line)
        line.cut()
        line.close()

    def close(self) -> None:
        """End idle connections and wake whoever waits on another one: they find it broken."""
        for line in [line for idle in self._idle.values() for line in idle]:
            self.drop(line)
        self._idle.clear()
        for line in self._lines:
            line.cut()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _exchange(self, request: Request) -> Answer:
        origin = Origin.of(request.url, request.verify)
        request = self._introduced(request)
        while True:
            line = self._take(origin)
            try:
                return Answer(self, line, await self.run(line, line.exchange, request))
            except ConnectionFailed:
                self.drop(line)
                # The other side may have closed an idle connection just as it was taken up again.
                if not line.used:
                    raise

    def _introduced(self, request: Request) -> Request:
        return replace(request, headers={"User-Agent": self._user_agent, **request.headers})

    async def _drawn(self, line: Line, chunks: AsyncGenerator[bytes, None]) -> bytes:
        """The next chunk of a body, b"" at its end."""
        try:
            return await anext(chunks, b"")
        except BaseException:
            self.drop(line)
            raise

    def _take(self, origin: Origin) -> Line:
        idle = self._idle.get(origin, [])
        while idle:
            line = idle.pop()
            if line.is_open():
                return line
            self.drop(line)
        return self._new_line(origin)

    def _new_line(self, origin: Origin) -> Line:
        proxy = self._proxies.proxy_for(origin.scheme, origin.host, origin.port)
        line = Line(origin, proxy, lambda: self._certificates.context(origin.authority, origin.verify), self._timeouts)
        self._lines.add(line)
        return line

    def _expire(self, line: Line) -> None:
        idle = self._idle.get(line.origin, [])
        if line in idle:
            idle.remove(line)
            self.drop(line)
        if not idle:
            self._idle.pop(line.origin, None)

    def _abandon(self, line: Line, done: "asyncio.Future[T]") -> None:
        self.drop(line)
        if not done.cancelled():
            done.exception()


def redirected(request: Request, location: str) -> Request:
    """The request to make when ``request`` was answered with a redirect to ``location``."""
    url = urljoin(request.url, quote(location, safe="%/:=&?~#+!$,;'@()*[]"))
    if Origin.of(url, True).is_host_of(Origin.of(request.url, True)):
        return replace(request, url=url)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return replace(request, url=url, headers=headers, verify=True)
