"""One HTTP/1.1 connection, which blocks: what is asked, and how it is sent."""

import http.client
import select
import ssl
from collections.abc import Callable, Mapping

from msgspec import Struct

from wherry.proxies import proxy_authorization
from wherry.registry.dial import Origin, Timeouts, Wire, dial
from wherry.registry.reasons import exchange_failed
from wherry.registry.urls import target_of

_WRITE = 64 << 10
_MAX_HEADS = 6  # an answer's, and as many before it as Go's client bears


class Request(Struct, frozen=True, kw_only=True):
    """``verify``: whether the host's certificate must be good; a redirect to another host always asks for that."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    verify: bool = True


class _Response(http.client.HTTPResponse):
    """One that does not listen to a server that says "100 Continue" for ever."""

    _told = 0

    def _read_status(self) -> tuple[str, int, str]:
        self._told += 1
        if self._told > _MAX_HEADS:
            raise http.client.HTTPException("too many 1xx informational responses")
        return super()._read_status()  # type: ignore[misc,no-any-return]


class Connection:
    """One connection to an origin. Its methods block, in one thread at a time; `cut` may come from any thread."""

    def __init__(self, origin: Origin, proxy: str | None, context: Callable[[], ssl.SSLContext], timeouts: Timeouts):
        self.origin = origin
        self.used = False
        self._proxy, self._context, self._timeouts = proxy, context, timeouts
        self._wire = Wire()
        self._http = http.client.HTTPConnection(origin.host, origin.port)
        self._http.auto_open = 0
        self._http.response_class = _Response

    def exchange(self, request: Request) -> http.client.HTTPResponse:
        """Send, and wait for the head of the answer. Raises ConnectionFailed."""
        self.begin(request)
        return self.finish()

    def begin(self, request: Request) -> None:
        """Send all that the request itself holds; a body that its Content-Length announces comes by `write`."""
        headers = {"Host": self.origin.authority, **request.headers}
        target = target_of(request.url)
        if self._proxy and self.origin.scheme == "http":
            target, headers = request.url, headers | proxy_authorization(self._proxy)
        if self._http.sock is None:
            self._http.sock = dial(self.origin, self._wire, self._proxy, self._context, self._timeouts)
        try:
            self._http.request(request.method, target, body=request.body, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            raise exchange_failed(error) from error

    def write(self, data: bytes) -> None:
        """Send more of a body. In pieces: a socket's timeout is for all that one call sends."""
        view = memoryview(data)
        try:
            for start in range(0, len(view), _WRITE):
                self._http.send(view[start : start + _WRITE])
        except OSError as error:
            raise exchange_failed(error) from error

    def finish(self) -> http.client.HTTPResponse:
        """Wait for the head of the answer."""
        try:
            return self._http.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise exchange_failed(error) from error

    def is_open(self) -> bool:
        """Whether the connection can carry one more request: an idle one with something to read was closed there."""
        if self._http.sock is None:
            return False
        poll = select.poll()
        poll.register(self._http.sock, select.POLLIN)
        return not poll.poll(0)

    def cut(self) -> None:
        self._wire.cut()

    def close(self) -> None:
        self._http.close()
