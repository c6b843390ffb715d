"""What a handler answers, and how the head of an answer looks on the wire."""

import functools
import time
from collections.abc import Mapping

import msgspec

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"

_encode = msgspec.json.Encoder().encode
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_HEADERS: Mapping[str, str] = {}
# As Go's servers write them, but for 101, which dockerd says, and some clients compare the line.
_PHRASES = {
    101: "UPGRADED",
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


class Response(msgspec.Struct, frozen=True):
    """A whole answer. For HEAD requests the body is counted in ``Content-Length`` and not sent.

    A status that cannot have a body (204, 304) is sent without one.
    """

    body: bytes = b""
    status: int = 200
    content_type: str | None = None
    headers: Mapping[str, str] = _NO_HEADERS


def json_response(value: object, status: int = 200) -> Response:
    """Encode a value (msgspec structs, dicts, lists, …) as JSON with Docker's newline at the end."""
    return Response(_encode(value) + b"\n", status, JSON)


def text_response(text: str, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    return Response(text.encode(), 200, TEXT, headers)


def empty(status: int = 204, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    return Response(b"", status, None, headers)


class CommonHeaders:
    """The headers of every answer: who serves, which API, and the date (made once a second)."""

    def __init__(self, *, product_version: str, api_version: str, experimental: bool = False) -> None:
        self._fixed = _header_lines(
            {
                "Api-Version": api_version,
                "Docker-Experimental": str(experimental).lower(),
                "Ostype": "linux",
                "Server": f"Docker/{product_version} (linux)",
            }
        )
        self._second = 0
        self._rendered = b""

    def render(self) -> bytes:
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._rendered = b"%bDate: %b\r\n" % (self._fixed, _date(now).encode())
        return self._rendered


def _date(seconds: int) -> str:
    """RFC 9110, section 5.6.7; ``email.utils`` has it too, and half a megabyte of other things."""
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(seconds)
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year} {hour:02}:{minute:02}:{second:02} GMT"


def render_head(
    version: str, status: int, common: bytes, content_type: str | None, headers: Mapping[str, str], framing: bytes
) -> bytes:
    """The head of an answer, with its empty line.

    ``common`` and ``framing`` are header lines already rendered.

    Raises:
        ValueError: a header would break out of its line.
    """
    kind = b"Content-Type: %b\r\n" % content_type.encode() if content_type else b""
    own = _header_lines(headers) if headers else b""
    return b"".join((_status_line(version, status), common, own, kind, framing, b"\r\n"))


def render_response(version: str, response: Response, common: bytes, connection: bytes, *, send_body: bool) -> bytes:
    """A whole answer as it goes out; ``connection`` is the rendered ``Connection`` header or empty."""
    status, body = response.status, response.body
    if status < 200 or status in (204, 304):
        return render_head(version, status, common, None, response.headers, connection)
    framing = b"%bContent-Length: %d\r\n" % (connection, len(body))
    head = render_head(version, status, common, response.content_type, response.headers, framing)
    return head + body if send_body else head


def _header_lines(headers: Mapping[str, str]) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header may not contain a line break")
    return "".join(line + "\r\n" for line in lines).encode("latin-1")


@functools.cache
def _status_line(version: str, status: int) -> bytes:
    return f"HTTP/{version} {status} {_PHRASES[status]}\r\n".encode()
