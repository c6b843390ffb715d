"""The gate before all requests, where authorization plugins have their say (moby ``pkg/authorization/middleware.go``).

What a plugin is shown is what the handler gets: the path without doubled slashes, and all of a JSON body or the request
is refused (CVE-2024-41110: rules were given no body while the handler read one).
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from wherry.api.http import Handler, Request, Response
from wherry.api.http.faults import BodyTooLarge, PageNotFound
from wherry.api.http.request import is_json
from wherry.api.http.response import JSON
from wherry.engine.authorization import Authorization
from wherry.errors import InternalError, WherryError
from wherry.model.authorization import AskedRequest, GivenAnswer

P = TypeVar("P")

_log = logging.getLogger(__name__)

LONGEST: Final = 4 * 1024 * 1024
"""Bytes of a JSON body that plugins are shown: as many as by dockerd, which refuses longer ones too."""

_SECRET: Final = frozenset(("authorization", "x-registry-auth", "x-registry-config"))
_OF_THE_CONNECTION: Final = frozenset(("host", "transfer-encoding"))
_OURS: Final = re.compile(r"/+(v[0-9.]+/+)?build/+offered")  # no rules know what it carries


class Gate:
    """A handler: without plugins the one behind it."""

    def __init__(self, authorization: Authorization, handler: Handler) -> None:
        self._authorization = authorization
        self._handler = handler

    def __call__(self, request: Request) -> Awaitable[Response | None]:
        return self._guarded(request) if self._authorization.names else self._handler(request)

    def http2(self, make: Callable[[], P]) -> Callable[[], P | None]:
        """What is said by HTTP/2 no plugin sees: with any it is not spoken, but by those whose request was allowed."""
        return lambda: None if self._authorization.names else make()

    async def _guarded(self, request: Request) -> Response | None:
        if _OURS.fullmatch(request.target):
            raise PageNotFound
        asked = await _asked(request)
        await self._authorization.allow(asked)
        try:
            response = await self._handler(request)
        except Exception:
            await self._tell_of_failure(asked)
            raise
        await self._authorization.pass_on(asked, _given(response))
        return response

    async def _tell_of_failure(self, asked: AskedRequest) -> None:
        """An error is the client's whatever plugins say of it."""
        try:
            await self._authorization.pass_on(asked, GivenAnswer())
        except WherryError as error:
            _log.warning("%s %s: %s", asked.method, asked.uri, error)


async def _asked(request: Request) -> AskedRequest:
    name, certificate = request.peer or ("", b"")
    shown = is_json(request.headers) and not request.target.endswith("/auth")
    return AskedRequest(
        method=request.method,
        uri=request.uri,
        headers={
            _canonical(name): value
            for name, value in request.headers.items()
            if name not in _SECRET and name not in _OF_THE_CONNECTION
        },
        body=await _shown(request) if shown else b"",
        user=name,
        certificate=certificate,
    )


async def _shown(request: Request) -> bytes:
    try:
        return await request.peek(LONGEST)
    except BodyTooLarge:
        raise InternalError(f"request body too large for authorization plugin: size exceeds {LONGEST} bytes") from None


def _given(response: Response | None) -> GivenAnswer:
    """What was answered in a stream is not there any more."""
    if response is None:
        return GivenAnswer()
    kind = {"Content-Type": response.content_type} if response.content_type else {}
    return GivenAnswer(
        status=response.status,
        headers={**response.headers, **kind},
        body=response.body if response.content_type == JSON else b"",
    )


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
