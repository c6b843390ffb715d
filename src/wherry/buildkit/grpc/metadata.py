"""Headers of calls and of their ends."""

import base64
import re
from typing import Final
from urllib.parse import quote, unquote

from wherry.buildkit.http2 import Headers
from wherry.buildkit.session import Metadata
from wherry.buildkit.status import CallFailed, Code

CONTENT_TYPE: Final = ("content-type", "application/grpc")
_PLAIN: Final = "".join(chr(number) for number in range(0x20, 0x7F) if chr(number) != "%")
_STATUS: Final = re.compile("[0-9]{1,9}")
_OWN: Final = ("grpc-", "content-type", "te", "user-agent")


def request_headers(path: str, metadata: Metadata) -> Headers:
    return (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        CONTENT_TYPE,
        ("te", "trailers"),
        *((name, value) for name, values in metadata.items() for value in values),
    )


def metadata_of(headers: Headers) -> Metadata:
    """What the peer's program gave along, without what is the protocol's own."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if not name.startswith(":") and not name.startswith(_OWN):
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def trailers(code: Code, text: str = "", details: bytes = b"") -> Headers:
    """The end of a call that we answer."""
    headers = [("grpc-status", str(int(code)))]
    if text:
        headers.append(("grpc-message", quote(text.encode(), safe=_PLAIN)))
    if details:
        headers.append(("grpc-status-details-bin", base64.b64encode(details).decode()))
    return tuple(headers)


def failure(headers: Headers) -> CallFailed | None:
    """How the peer ended a call; None for well."""
    found = dict(headers)
    status, text = found.get("grpc-status", ""), unquote(found.get("grpc-message", ""))
    if status == "0":
        return None
    if not _STATUS.fullmatch(status):
        return CallFailed(Code.UNKNOWN, f"no status of gRPC, but HTTP's {found.get(':status', 'none')}")
    return CallFailed(Code(int(status)), text, _details(found.get("grpc-status-details-bin", "")))


def _details(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
