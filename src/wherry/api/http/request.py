"""One request, as its handler sees it."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol, TypeVar, get_origin
from urllib.parse import unquote

import msgspec

from wherry.api.http import json_members, json_syntax, json_types
from wherry.api.http.faults import BodyTooLarge
from wherry.api.http.flow import Inbound
from wherry.api.http.head import Head, Headers
from wherry.api.http.hijack import HijackedStream
from wherry.api.http.query import Query
from wherry.api.http.response import JSON
from wherry.api.http.stream import ResponseStream
from wherry.api.http.upload import Upload, Uploading
from wherry.errors import InvalidArgument
from wherry.model.malformed import MALFORMED

T = TypeVar("T")

MAX_JSON = 16 * 1024 * 1024
"""Bytes of a body that ``read`` and ``json`` take by default."""

_SLASHES = re.compile("//+")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Answering(Uploading, Protocol):
    """What a request asks of the connection it came by."""

    async def start_stream(
        self, status: int, content_type: str | None, headers: Mapping[str, str], *, large: bool
    ) -> ResponseStream: ...

    async def hijack(self, content_type: str | None, protocol: str, headers: Mapping[str, str]) -> HijackedStream: ...

    @property
    def peer(self) -> tuple[str, bytes] | None: ...


class Request:
    """A request and the ways to answer it.

    The handler returns a :class:`Response`, or None after :meth:`stream` or :meth:`hijack`. If the client goes away
    before the answer is whole, the handler's task is cancelled (not after a hijack).

    Attributes:
        method: upper case.
        target: the path as it was sent, percent-encoded, without the query.
        headers: a mapping by name in any case.
        params: the parts of the path that the route names, decoded; set by the router.
        api_version: such as ``(1, 45)``; set by the router.
    """

    def __init__(self, head: Head, body: Inbound | None, connection: Answering) -> None:
        self.method: str = head.method
        self.target: str = head.path
        self.headers: Headers = head.headers
        self.params: dict[str, str] = {}
        self.api_version: tuple[int, ...] = ()
        self._query = head.query
        self._body = body
        self._connection = connection

    @property
    def path(self) -> str:
        """The whole path, decoded, with its version prefix."""
        return unquote(self.target)

    @property
    def uri(self) -> str:
        """Path and query as they were sent, but for doubled slashes: what of them counts."""
        path = _SLASHES.sub("/", self.target)
        return f"{path}?{self._query}" if self._query else path

    @property
    def peer(self) -> tuple[str, bytes] | None:
        """The common name in the client's certificate, and that certificate as PEM; None if none was verified."""
        return self._connection.peer

    @cached_property
    def query(self) -> Query:
        """The parameters behind the ``?``.

        Raises:
            InvalidArgument: they are malformed.
        """
        return Query(self._query)

    @property
    def body(self) -> Upload:
        return Upload(self._body, self._connection)

    async def read(self, limit: int = MAX_JSON) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge: it is longer than ``limit`` bytes.
            MalformedRequest: see :class:`Upload`.
        """
        if self._body is None:
            return b""
        pieces, size = [], 0
        async for chunk in self.body:
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge(f"the request's body is larger than {limit} bytes")
            pieces.append(chunk)
        return b"".join(pieces)

    async def peek(self, limit: int) -> bytes:
        """The whole body, which stays there to be read. Raises what ``read`` does."""
        body = await self.read(limit)
        if self._body is not None and body:
            self._body.put(body)
        return body

    async def json(self, kind: type[T], limit: int = MAX_JSON, *, required: bool = False) -> T:
        """The body, decoded as JSON into a msgspec struct or any type msgspec knows.

        No body, unless it is ``required``, and ``null`` stand for ``{}``, or ``[]`` where a tuple is asked for, and
        members may be in any case, as for dockerd.

        Raises:
            InvalidArgument: another content type than JSON, no JSON or not of this shape, a string that is not UTF-8
                or holds the character 0, or a document nested too deeply.
        """
        body = await self.read(limit)
        if body:
            self._require_json()
        if b"u0000" in body and _NUL.search(body):
            raise InvalidArgument("invalid JSON: no name, path or argument holds the character U+0000")
        if (body or required) and not body.strip():
            raise InvalidArgument("invalid JSON: got EOF while reading request body")
        if body.strip() in (b"", b"null"):
            body = b"[]" if get_origin(kind) is tuple else b"{}"
        try:
            body = json_members.exact(body, kind)
            found = msgspec.json.decode(body, type=kind)
            json_types.check_numbers(body, kind)
        except MALFORMED as error:
            raise InvalidArgument(_malformed(body, kind, error)) from None
        return found

    async def stream(
        self,
        content_type: str | None = JSON,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        large: bool = False,
    ) -> ResponseStream:
        """Send the head of an answer now, and get a stream for its body, which may be ``large``. The handler then
        returns None."""
        return await self._connection.start_stream(status, content_type, headers or {}, large=large)

    async def hijack(
        self, content_type: str | None, protocol: str = "tcp", headers: Mapping[str, str] | None = None
    ) -> HijackedStream:
        """Take the connection out of HTTP. The handler then returns None, when it is done with the stream.

        Answers ``101 UPGRADED`` to ``protocol`` if the client asked for an upgrade, else ``200 OK``. The stream
        begins with the first byte behind the request's body; what the handler has not read of the body is dropped.
        """
        async for _ in self.body:
            pass
        return await self._connection.hijack(content_type, protocol, headers or {})

    def _require_json(self) -> None:
        given = self.headers.get("content-type", "")
        if not _media_type(given):
            raise InvalidArgument("malformed Content-Type header (): mime: no media type")
        if not is_json(self.headers):
            raise InvalidArgument(f"unsupported Content-Type header ({given}): must be 'application/json'")


def _malformed(body: bytes, kind: Any, error: Exception) -> str:
    """Why a body cannot be decoded. Go looks for the end of the value first, then at its shape."""
    if syntax := json_syntax.fault(body):
        return f"invalid JSON: {syntax}"
    if "trailing characters" in str(error):
        return "unexpected content after JSON"
    return (
        f"invalid JSON: {json_types.fault(body, kind, error) if isinstance(error, msgspec.ValidationError) else error}"
    )


def is_json(headers: Headers) -> bool:
    """Whether a body is taken for JSON."""
    return _media_type(headers.get("content-type", "")) == JSON


def _media_type(given: str) -> str:
    return given.partition(";")[0].strip().lower()
