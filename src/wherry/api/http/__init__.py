"""The HTTP/1.1 server under the API. It knows the wire and Docker's manners on it, and nothing of containers.

A handler is ``async def handler(request: Request) -> Response | None``. It returns a response (:func:`json_response`,
:func:`text_response`, :func:`empty`, :class:`Response`), or answers by :meth:`Request.stream` or
:meth:`Request.hijack` and returns None. It may raise any :class:`wherry.errors.WherryError`.
"""

from wherry.api.http.faults import BodyTooLarge, MalformedRequest, PageNotFound, error_response
from wherry.api.http.hijack import HijackedStream
from wherry.api.http.listen import check_free
from wherry.api.http.query import Query
from wherry.api.http.request import Request
from wherry.api.http.response import JSON, TEXT, Response, empty, json_response, text_response
from wherry.api.http.router import Router
from wherry.api.http.server import Server
from wherry.api.http.service import Handler, Limits
from wherry.api.http.stream import ResponseStream
from wherry.api.http.websocket import WebSocket, accept

__all__ = [
    "JSON",
    "TEXT",
    "BodyTooLarge",
    "Handler",
    "HijackedStream",
    "Limits",
    "MalformedRequest",
    "PageNotFound",
    "Query",
    "Request",
    "Response",
    "ResponseStream",
    "Router",
    "Server",
    "WebSocket",
    "accept",
    "check_free",
    "empty",
    "error_response",
    "json_response",
    "text_response",
]
