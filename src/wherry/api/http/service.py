"""What all connections of a server share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct, field

from wherry.api.http.request import Request
from wherry.api.http.response import CommonHeaders, Response

Handler = Callable[[Request], Awaitable[Response | None]]
"""Answers one request: returns a response, or None after ``request.stream`` or ``request.hijack``."""


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds of what a client may do; times in seconds, sizes in bytes.

    Attributes:
        connections: at a time; more clients wait until others leave.
        head: request line and headers; 1 MiB as in Go's server, since builders put all build arguments into the
            request line.
        head_timeout: from a head's first byte to its last.
        idle_timeout: between requests.
        half_close_grace: how long a handler may still work for a client that has closed its sending side. Over TCP
            a client that is gone looks the same.
        linger: how long bytes are dropped, for the answer to arrive, before the connection closes on a client that
            is still sending.
    """

    connections: int = 32768
    head: int = 1024 * 1024
    head_timeout: float = 60.0
    idle_timeout: float = 600.0
    half_close_grace: float = 1.0
    linger: float = 1.0


class Tracked(Protocol):
    """A connection, as its server sees it."""

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The handler at work, if any."""
        ...

    def finish(self) -> None:
        """Close as soon as the answer in progress is out."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class Service(Struct, frozen=True, kw_only=True):
    """The handler, its bounds, and the connections that are open.

    ``http2`` makes the protocol that takes over a connection whose client begins with HTTP/2's preface; None: there is
    none.
    """

    handler: Handler
    common: CommonHeaders
    limits: Limits
    http2: Callable[[], asyncio.Protocol | None]
    connections: set[Tracked] = field(default_factory=set)
