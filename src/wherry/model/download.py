"""A file of the web."""

from collections.abc import AsyncGenerator

from msgspec import Struct


class Download(Struct, frozen=True, kw_only=True):
    """``size`` in bytes and ``modified`` in nanoseconds since the epoch as the server told them, 0 where it did not.
    The generator is its opener's to close."""

    size: int
    content_type: str = ""
    modified: int = 0
    chunks: AsyncGenerator[bytes, None]
