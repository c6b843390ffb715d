"""A file of the web."""

from collections.abc import AsyncGenerator

from msgspec import Struct


class Download(Struct, frozen=True, kw_only=True):
    """``size`` in bytes as the server told it, 0 where it did not. The generator is its opener's to close."""

    size: int
    chunks: AsyncGenerator[bytes, None]
