"""Why no answer came, in the words of Go's network stack: people and tools know Docker's failures by them."""

import http.client
import os
import socket
import ssl

from wherry.errors import AccessRefused, RegistryError

_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21, 27)
_OUT_OF_DATE = (9, 10)
_WRONG_NAME = (62, 64)


class ConnectionFailed(Exception):
    """A request that got no whole answer. ``plain_http`` says that the server does not speak TLS."""

    def __init__(self, reason: str, plain_http: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.plain_http = reason, plain_http


class Unreachable(RegistryError):
    """Nothing, or only a part, came from a registry; it may help to try again, after ``pause`` seconds if the registry
    asked for a pause. Text as Go's ``url.Error``."""

    def __init__(self, method: str, url: str, reason: str, pause: float = 0) -> None:
        super().__init__(f'{method.capitalize()} "{url}": {reason}')
        self.reason, self.pause = reason, pause


class NoCredentials(AccessRefused):
    """A registry wants credentials and there are none."""


class NotAuthorized(AccessRefused):
    """No authorization for a request is to be had. Text as Go's ``url.Error``; ``reason`` is what came behind it."""

    def __init__(self, method: str, url: str, reason: str) -> None:
        super().__init__(f'{method.capitalize()} "{url}": {reason}')
        self.reason = reason


class NotGranted(RegistryError):
    """A token server gave no token, and not since somebody may not have it. Text and ``reason`` as above."""

    def __init__(self, method: str, url: str, reason: str) -> None:
        super().__init__(f'{method.capitalize()} "{url}": {reason}')
        self.reason = reason


class UploadLost(RegistryError):
    """The registry knows nothing of an upload that it began: all must be sent again."""


class MethodRefused(RegistryError):
    """The registry does not do things this way."""


def lookup_failed(host: str, error: OSError) -> ConnectionFailed:
    known = {socket.EAI_NONAME: "no such host", socket.EAI_AGAIN: "Temporary failure in name resolution"}
    return ConnectionFailed(f"dial tcp: lookup {host}: {known.get(error.errno or 0, str(error.strerror))}")


def dial_failed(address: str, error: OSError) -> ConnectionFailed:
    if isinstance(error, TimeoutError):
        return ConnectionFailed(f"dial tcp {address}: i/o timeout")
    return ConnectionFailed(f"dial tcp {address}: connect: {_system_text(error)}")


def exchange_failed(error: OSError | http.client.HTTPException) -> ConnectionFailed:
    """A connection that broke, went quiet, or carried something other than HTTP (over TLS)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailed(f"tls: failed to verify certificate: x509: {_certificate_text(error)}")
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return ConnectionFailed("http: server gave HTTP response to HTTPS client", plain_http=True)
    if isinstance(error, ssl.SSLEOFError | http.client.RemoteDisconnected):
        return ConnectionFailed("EOF")
    if isinstance(error, ssl.SSLError):
        return ConnectionFailed(f"remote error: tls: {(error.reason or str(error)).lower().replace('_', ' ')}")
    if isinstance(error, TimeoutError):
        return ConnectionFailed("net/http: timeout awaiting response")
    if isinstance(error, http.client.IncompleteRead):
        return ConnectionFailed("unexpected EOF")
    if isinstance(error, http.client.HTTPException):
        return ConnectionFailed(f"net/http: malformed HTTP response: {error}")
    return ConnectionFailed(f"connection error: {_system_text(error)}")


def _system_text(error: OSError) -> str:
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]


def _certificate_text(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return "certificate signed by unknown authority"
    if error.verify_code in _OUT_OF_DATE:
        return "certificate has expired or is not yet valid"
    if error.verify_code in _WRONG_NAME:
        return f"certificate is not valid for this name: {error.verify_message}"
    return error.verify_message
