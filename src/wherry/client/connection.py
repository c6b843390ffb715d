"""A client of one engine: a kept connection for requests, and one of its own for each stream that is taken over."""

from .jsonlite import loads
from .request import CHUNKED, request_head, send_chunks, send_request
from .response import CONTINUE, Response, body_of, next_head, read_head
from .transport import CannotConnect, Stream, connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from ssl import SSLContext

    from ..spans import Span
    from .request import Query

__all__ = ["ApiError", "CannotConnect", "Client", "Conversation", "Hijacked", "Pending", "Response"]

MULTIPLEXED = "application/vnd.docker.multiplexed-stream"


class ApiError(Exception):
    """The engine answered with a status of 400 or more; ``message`` is its text, ``str(error)`` the sentence for
    people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Error response from daemon: {message}")
        self.status = status
        self.message = message


class Client:
    """Speaks HTTP/1.1 to one engine. Nothing is sent before the first call. Not for several threads."""

    def __init__(self, host: str, tls: "SSLContext | None" = None) -> None:
        """``host`` is an address as ``connect`` takes it; ``tls`` says whom to trust there, and who we are."""
        self.host = host
        self._tls = tls
        self._idle: Stream | None = None

    def connect(self) -> None:
        """Make sure of a connection now. CannotConnect when there is nobody."""
        if self._idle is None:
            self._idle = connect(self.host, self._tls)

    def close(self) -> None:
        """Give up the kept connection."""
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def dial(self) -> Stream:
        """A connection on which nothing was sent. CannotConnect."""
        return connect(self.host, self._tls, for_stream=True)

    def twin(self) -> "Client":
        """Another client of the same engine, for what happens in the midst of this one's requests."""
        return Client(self.host, self._tls)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: "Query | None" = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a request; return as soon as the response's head is here.

        ``body``: bytes are sent as they are, an iterator of bytes and spans in chunks, anything else as JSON.
        A response that is not read to its end costs the next call a new connection, nothing else.
        ApiError for an answer of 400 and above, CannotConnect when there is none.
        """
        return self.begin(method, path, query=query, body=body, headers=headers).response()

    def begin(
        self,
        method: str,
        path: str,
        *,
        query: "Query | None" = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> "Pending":
        """Send a request as ``call`` does and leave the answer for later; others may be sent meanwhile."""
        stream = self._take()
        send_request(stream, method, path, query, body, headers or {})
        return Pending(stream, method, self._keep)

    def converse(
        self, path: str, *, query: "Query | None" = None, headers: "dict[str, str] | None" = None
    ) -> "Conversation | None":
        """POST a body that goes on while the answer comes; None through a proxy, which may want all of it before.

        Nothing of it is made before the engine has said that it wants it: ApiError if it does not.
        """
        stream = self._take()
        if stream.origin:
            self._keep(stream)
            return None
        fields = {**CHUNKED, "Expect": "100-continue", **(headers or {})}
        stream.send(request_head(stream, "POST", path, query, fields))
        status, answered = next_head(stream)
        if status != CONTINUE:
            raise _api_error(Response(status, answered, body_of(stream, "POST", status, answered, Stream.close)))
        return Conversation(stream)

    def hijack(self, path: str, *, query: "Query | None" = None, body: object = None) -> "Hijacked":
        """POST and take the connection over: bytes flow both ways until either side ends. Errors as in ``call``."""
        stream = connect(self.host, self._tls, for_stream=True)
        send_request(stream, "POST", path, query, body, {"Connection": "Upgrade", "Upgrade": "tcp"})
        response = _receive(stream, "POST", Stream.close)
        return Hijacked(stream, multiplexed=response.headers.get("content-type") == MULTIPLEXED)

    def _take(self) -> Stream:
        stream, self._idle = self._idle, None
        if stream is not None:
            if stream.is_idle():
                return stream
            stream.close()
        return connect(self.host, self._tls)

    def _keep(self, stream: Stream) -> None:
        if self._idle is not None:
            self._idle.close()
        self._idle = stream


class Pending:
    """A request that was sent."""

    def __init__(self, stream: Stream, method: str, keep: "Callable[[Stream], None]") -> None:
        self._stream = stream
        self._method = method
        self._keep = keep

    def response(self) -> Response:
        """Wait for the answer. ApiError for a status of 400 and above."""
        return _receive(self._stream, self._method, self._keep)


class Conversation:
    """A request whose body goes on while the answer comes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def send(self, chunks: "Iterable[bytes | Span]") -> None:
        """Some more of the body. An engine that wants no more of it is not an error here."""
        try:
            send_chunks(self._stream, chunks)
        except (BrokenPipeError, ConnectionResetError):
            return  # its answer, or the lack of one, tells why

    def response(self) -> Response:
        """Wait for the answer; the connection ends with it. ApiError for a status of 400 and above."""
        return _receive(self._stream, "POST", Stream.close)

    def close(self) -> None:
        """Whatever is left to say: the engine takes that for the end of who asked."""
        self._stream.close()


class Hijacked:
    """Both directions of an attached stream."""

    def __init__(self, stream: Stream, *, multiplexed: bool) -> None:
        self._stream = stream
        self.multiplexed = multiplexed

    def fileno(self) -> int:
        return self._stream.sock.fileno()

    @property
    def has_buffered(self) -> bool:
        """Whether ``recv`` will not wait, although the socket may not be readable."""
        return bool(self._stream.buffer)

    def send_some(self, data: bytes) -> int:
        """Send what the connection takes without waiting; how much that was. CannotConnect when it is gone."""
        return self._stream.send_some(data)

    def recv(self) -> bytes:
        """The next bytes, first those that came right behind the head; b"" at the end."""
        return self._stream.receive()

    def close_write(self) -> None:
        """End of input: the process at the other side reads EOF, its output still comes."""
        self._stream.close_write()

    def close(self) -> None:
        self._stream.close()


def _receive(stream: Stream, method: str, keep: "Callable[[Stream], None]") -> Response:
    status, headers = read_head(stream)
    response = Response(status, headers, body_of(stream, method, status, headers, keep))
    if status >= 400:
        raise _api_error(response)
    return response


def _api_error(response: Response) -> ApiError:
    """Docker's errors are ``{"message": text}``; a proxy's may be plain text."""
    text = response.read()
    try:
        message = loads(text)["message"].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        message = text.decode("utf-8", "replace").strip() or f"status {response.status}"
    return ApiError(response.status, message)
