"""One HTTP request, written to a stream."""

from .jsonlite import dumps
from .transport import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from ..spans import Span

    Query = Mapping[str, str | list[str]]

API_PREFIX = "/v1.45"
UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
PATH_CHARACTERS = UNRESERVED | frozenset(b"/:@$&+,;=")

CHUNKED = {"Content-Type": "application/x-tar", "Transfer-Encoding": "chunked"}
"""Header fields of a body whose length is not known before."""


def quote(text: str, keep: frozenset[int] = UNRESERVED) -> str:
    """Percent-encode all bytes but ``keep``."""
    data = text.encode("utf-8", "surrogateescape")
    if keep.issuperset(data):
        return text
    return "".join(chr(byte) if byte in keep else f"%{byte:02X}" for byte in data)


def target(path: str, query: "Query | None") -> str:
    """``path`` under the API prefix, with a query string; a list gives its name once a value."""
    quoted = API_PREFIX + quote(path, PATH_CHARACTERS)
    if not query:
        return quoted
    pairs = [
        f"{quote(name)}={quote(value)}"
        for name, values in query.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return f"{quoted}?{'&'.join(pairs)}"


def send_request(
    stream: Stream, method: str, path: str, query: "Query | None", body: object, headers: "Mapping[str, str]"
) -> None:
    """Write the request. A server that answers before it read the whole body is not an error here."""
    content, chunks, framing = _framed(method, body)
    head = request_head(stream, method, path, query, {**framing, **headers})
    try:
        stream.send(head + content)
        send_chunks(stream, chunks)
        if framing is CHUNKED:
            stream.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        return  # its answer, or the lack of one, tells why


def request_head(stream: Stream, method: str, path: str, query: "Query | None", headers: "Mapping[str, str]") -> bytes:
    lines = [f"{method} {stream.origin}{target(path, query)} HTTP/1.1"]
    fields = {"Host": "wherry", "User-Agent": "wherry", **stream.headers, **headers}
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def send_chunks(stream: Stream, chunks: "Iterable[bytes | Span]") -> None:
    """Parts of a body that is ``CHUNKED``."""
    for chunk in chunks:
        if chunk:
            _send_chunk(stream, chunk)


def _send_chunk(stream: Stream, chunk: "bytes | Span") -> None:
    if isinstance(chunk, bytes):
        stream.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    else:
        stream.send(b"%x\r\n" % len(chunk))
        stream.send_span(chunk)
        stream.send(b"\r\n")


def _framed(method: str, body: "Any") -> "tuple[bytes, Iterator[bytes | Span], dict[str, str]]":
    """The body as bytes to send with the head, chunks to send behind them, and the header fields of both."""
    if body is None:
        return b"", iter(()), {} if method in ("GET", "HEAD") else {"Content-Length": "0"}
    if isinstance(body, bytes):
        return body, iter(()), {"Content-Type": "application/x-tar", "Content-Length": str(len(body))}
    if hasattr(body, "__next__"):
        return b"", body, CHUNKED
    content = dumps(body)
    return content, iter(()), {"Content-Type": "application/json", "Content-Length": str(len(content))}
