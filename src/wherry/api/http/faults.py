"""Errors of the protocol itself, and how any error becomes an answer.

Docker answers an error with ``{"message": text}`` and the status of its class. A handler may raise anything: what
is not a :class:`WherryError` is a fault of ours, told to the client as 500 and to the log with its traceback.
"""

import logging

from wherry.api.http.response import Response, json_response
from wherry.errors import InvalidArgument, NotFound, WherryError

_log = logging.getLogger(__name__)


class MalformedRequest(InvalidArgument):
    """Bytes that are no HTTP request; nothing after them on the connection can be trusted."""


class RequestTimeout(MalformedRequest):
    """The client began a request and did not send the rest of its headers in time."""

    status = 408


class UriTooLong(MalformedRequest):
    status = 414


class ExpectationFailed(MalformedRequest):
    status = 417


class HeadersTooLarge(MalformedRequest):
    status = 431


class UnsupportedVersion(MalformedRequest):
    status = 505


class BodyTooLarge(InvalidArgument):
    """A body longer than the handler is willing to hold in memory."""

    status = 413


class PageNotFound(NotFound):
    """No route has this method and path."""

    def __init__(self) -> None:
        super().__init__("page not found")


def error_response(error: Exception) -> Response:
    """Make the answer for an error that a handler raised; log it if it is a fault of ours."""
    if isinstance(error, WherryError):
        return json_response({"message": str(error)}, status=error.status)
    _log.error("a handler failed", exc_info=error)
    return json_response({"message": str(error) or type(error).__name__}, status=500)
