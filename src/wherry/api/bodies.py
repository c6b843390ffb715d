"""Bodies that are made while they are sent: progress, archives.

The first piece is awaited before the head goes out, so that what fails at once still has its HTTP status. After that,
progress streams tell of failures in-band, and others are cut.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from wherry.api.http import JSON, Request, ResponseStream
from wherry.api.translate.progress import failure_message, progress_message
from wherry.errors import WherryError
from wherry.model.progress import Progress

T = TypeVar("T")

TAR = "application/x-tar"

_encode = msgspec.json.Encoder().encode


def json_line(value: object) -> bytes:
    return _encode(value) + b"\r\n"


@asynccontextmanager
async def closing(source: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The same iterator, told at once when nobody wants more of it: its client has left."""
    try:
        yield source
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


async def send_progress(
    request: Request,
    source: AsyncIterator[Progress],
    *,
    in_band: bool = False,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a progress stream. ``in_band`` tells even of a failure before the first line with status 200."""
    await send_messages(Answer(request, headers), source, progress_message, in_band=in_band)


class Answer:
    """A stream of messages, one JSON line each. Its head goes out with the first of them."""

    def __init__(self, request: Request, headers: Mapping[str, str] | None = None) -> None:
        self._request = request
        self._headers = headers
        self._stream: ResponseStream | None = None
        self._beginning = asyncio.Lock()

    @property
    def has_begun(self) -> bool:
        return self._stream is not None

    async def begin(self) -> ResponseStream:
        async with self._beginning:
            if self._stream is None:
                self._stream = await self._request.stream(JSON, headers=self._headers)
            return self._stream

    async def write(self, message: object) -> None:
        stream = self._stream or await self.begin()
        await stream.write(json_line(message))


async def send_messages(
    answer: Answer, source: AsyncIterator[T], message: Callable[[T], object], *, in_band: bool = False
) -> None:
    """The same of whatever there is a ``message`` for. The answer begins with the first line, as dockerd's does: to
    clients that read no more of it (moby's own tests of ``load``) its beginning is the end of the work."""
    async with closing(source):
        try:
            async for piece in source:
                await answer.write(message(piece))
            await answer.begin()  # where there was nothing to tell
        except WherryError as error:
            if not (answer.has_begun or in_band):
                raise
            await answer.write(failure_message(error))


async def send_bytes(request: Request, source: AsyncIterator[bytes], content_type: str) -> None:
    """Answer with an archive."""
    async with closing(source):
        first = await _first(source)
        stream = await request.stream(content_type, large=True)
        async for chunk in _chained(first, source):
            await stream.write(chunk)


async def _first(source: AsyncIterator[T]) -> list[T]:
    """The first piece, or nothing if there is none. Raises what comes before it."""
    try:
        return [await anext(source)]
    except StopAsyncIteration:
        return []


async def _chained(first: list[T], source: AsyncIterator[T]) -> AsyncIterator[T]:
    for piece in first:
        yield piece
    async for piece in source:
        yield piece
