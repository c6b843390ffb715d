"""A request's body on its way to somebody who stores it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol

from wherry.api.http.flow import Inbound
from wherry.model.lent import Lent


class Uploading(Protocol):
    """What a body asks of the connection it comes by."""

    def allow_body(self) -> None:
        """Tell a client that waits for it (``Expect: 100-continue``) to send the body."""
        ...

    def lend(self) -> Lent | None:
        """Leave the rest of the body to another reader, if that can be; it has it until ``take_back``."""
        ...

    def take_back(self) -> None: ...


class Upload:
    """Read as chunks, or by whoever is lent the connection."""

    def __init__(self, body: Inbound | None, connection: Uploading) -> None:
        self._body = body
        self._connection = connection

    def welcome(self) -> None:
        """Tell a client that waits for it to send the body: for whoever answers before it reads."""
        self._connection.allow_body()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body as it comes in; the client is slowed to the pace of the reader.

        Raises:
            MalformedRequest: the body's framing is broken or it ends too early.
        """
        if self._body is None:
            return
        self._connection.allow_body()
        while chunk := await self._body.get():
            yield chunk

    @contextmanager
    def lent(self) -> Iterator[Lent | None]:
        """The connection and what is left of the body, while the block runs; the answer will be the last on it.

        None if it is to be read as chunks: with TLS, or because all is here already.
        """
        self._connection.allow_body()
        lent = self._connection.lend()
        try:
            yield lent
        finally:
            if lent is not None:
                self._connection.take_back()
