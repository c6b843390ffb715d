"""What authorization plugins are told."""

from msgspec import Struct


class AskedRequest(Struct, frozen=True, kw_only=True):
    """A request of the API. ``user`` is the common name of the client's verified ``certificate`` (PEM), "" where there
    is none. ``body``: JSON alone."""

    method: str
    uri: str
    headers: dict[str, str] = {}
    body: bytes = b""
    user: str = ""
    certificate: bytes = b""


class GivenAnswer(Struct, frozen=True, kw_only=True):
    """``status`` is 0 where the answer was an error, or went to the client while it was made."""

    status: int = 0
    headers: dict[str, str] = {}
    body: bytes = b""
