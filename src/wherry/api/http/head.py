"""The head of a request: request line and headers, parsed in one piece.

A head is cut off at its empty line before it is parsed, and a parser never sees a body. That keeps every byte behind
the head in our hands: httptools takes all that follows an ``Upgrade`` request for the new protocol, also the body
that Docker's clients send with it.
"""

import re
from collections.abc import Iterator, Mapping

import httptools
import msgspec

from wherry.api.http.faults import ExpectationFailed, MalformedRequest, UnsupportedVersion

END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
"""An empty line. RFC 9112, section 2.2, lets a server take a bare LF for a line's end, and dockerd does."""

BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Headers(Mapping[str, str]):
    """Header fields by name in any case; a field sent several times is one, joined by commas."""

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, str]) -> None:
        """``fields`` are named in lower case."""
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class Head(msgspec.Struct, frozen=True):
    """A request without its body. ``path`` and ``query`` are still percent-encoded."""

    method: str
    path: str
    query: str
    version: str
    headers: Headers
    keep_alive: bool
    content_length: int
    chunked: bool

    @property
    def wants_upgrade(self) -> bool:
        return bool(self.headers.get("upgrade"))

    @property
    def expects_continue(self) -> bool:
        return "expect" in self.headers


class _Collector:
    """Takes what the parser finds."""

    def __init__(self) -> None:
        self.target = b""
        self._fields: dict[str, list[str]] = {}

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))

    @property
    def headers(self) -> dict[str, str]:
        return {name: ", ".join(values) for name, values in self._fields.items()}


def parse_head(block: bytes) -> Head:
    """Parse a head that ends with its empty line.

    Raises:
        MalformedRequest: it is no HTTP/1.0 or 1.1 request, or one that this server does not take.
    """
    if block.count(b"\n") != block.count(b"\r\n"):
        block = block.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    found = _Collector()
    parser = httptools.HttpRequestParser(found)
    try:
        parser.feed_data(block)
    except httptools.HttpParserUpgrade:
        pass  # the handler decides whether it is one
    except httptools.HttpParserError as error:
        raise MalformedRequest(f"malformed request: {error}") from error
    version, headers = parser.get_http_version(), found.headers
    _check(version, headers)
    path, query = _split_target(found.target)
    return Head(
        method=parser.get_method().decode("latin-1"),
        path=path,
        query=query,
        version=version,
        headers=Headers(headers),
        keep_alive=_keep_alive(version, headers.get("connection", "")),
        content_length=int(headers.get("content-length", 0)),
        chunked="transfer-encoding" in headers,
    )


def _check(version: str, headers: dict[str, str]) -> None:
    if version not in ("1.0", "1.1"):
        raise UnsupportedVersion(f"unsupported protocol version {version}")
    if version == "1.1" and "host" not in headers:
        raise MalformedRequest("missing required Host header")
    if headers.get("expect", "100-continue").lower() != "100-continue":
        raise ExpectationFailed(f"unknown expectation {headers['expect']}")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise MalformedRequest(f"unsupported transfer encoding {headers['transfer-encoding']}")


def _keep_alive(version: str, connection: str) -> bool:
    # The parser knows this too, but forgets it at the end of a message without body.
    options = [option.strip() for option in connection.lower().split(",")]
    return "close" not in options and (version == "1.1" or "keep-alive" in options)


def _split_target(target: bytes) -> tuple[str, str]:
    """Cut a request target into path and query; one in absolute form loses its scheme and host."""
    text = target.decode("utf-8", "replace")
    if not text.startswith("/") and "://" in text:
        text = "/" + text.partition("://")[2].partition("/")[2]
    path, _, query = text.partition("?")
    if "%" in path and BROKEN_ESCAPE.search(path):
        raise MalformedRequest(f"invalid URL escape in {path}")
    return path, query
