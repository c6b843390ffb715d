"""An answer whose body is made while it is sent."""

from wherry.api.http.flow import Outbound


class ResponseStream:
    """The body of an answer whose head is out: chunked for HTTP/1.1, ended by the connection's end for 1.0.

    Got from :meth:`Request.stream`. The server ends it when the handler returns; when the handler raises, the
    connection is cut, so that the client can tell a broken body from a whole one.
    """

    def __init__(self, connection: Outbound, *, chunked: bool, muted: bool) -> None:
        """``muted`` is for HEAD, whose answer has no body."""
        self._connection = connection
        self._chunked = chunked
        self._muted = muted

    async def write(self, data: bytes) -> None:
        """Send bytes, waiting while the client is too far behind.

        Raises:
            ConnectionResetError: the client has gone.
        """
        if self._muted or not data:  # an empty chunk would end the body
            return
        if self._chunked:
            await self._connection.send(b"%x\r\n" % len(data), data, b"\r\n")
        else:
            await self._connection.send(data)

    @property
    def terminator(self) -> bytes:
        """What ends the body on the wire."""
        return b"0\r\n\r\n" if self._chunked and not self._muted else b""
