"""How programs get the bytes that they work on: through a pipe, or from the connection that these come by."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from io import FileIO
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from wherry.model.lent import Lent
from wherry.store.programs.children import Start, writable

_PIPE: Final = 1 << 20  # bytes


@runtime_checkable
class Lendable(Protocol):
    """Chunks that somebody else can read from where they come."""

    def lent(self) -> AbstractContextManager[Lent | None]: ...


def lent(chunks: AsyncIterable[bytes]) -> AbstractContextManager[Lent | None]:
    """The connection that chunks come by, if it can be lent."""
    return chunks.lent() if isinstance(chunks, Lendable) else nullcontext()


async def received(start: Start, program: str, arguments: tuple[Path | str, ...], chunks: AsyncIterable[bytes]) -> str:
    """Has a program work on what a client sends; its text. Raises as ``Child.result``.

    The program takes a framing before its ``arguments``: it reads the connection itself where that can be lent.
    """
    with lent(chunks) as connection:
        if connection is None:
            return await poured(start, program, ("", *arguments), chunks)
        begun = once(connection.begun)
        return await poured(start, program, (connection.framing, *arguments), begun, connection.fd)


async def poured(
    start: Start,
    program: str,
    arguments: tuple[Path | str, ...],
    chunks: AsyncIterable[bytes],
    connection: int | None = None,
) -> str:
    """Has a program work on chunks that it finds on its standard input, then on a connection; its text. A program that
    ends before them wants no more.

    Raises as ``Child.result``.
    """
    reading, writing = _pipe()
    with writing:
        async with start(program, arguments, reading, connection) as process:
            pouring = asyncio.ensure_future(_pour(chunks, writing))
            result = asyncio.ensure_future(process.result())
            try:
                await asyncio.wait((pouring, result), return_when=asyncio.FIRST_COMPLETED)
                if pouring.done():
                    pouring.result()
                return await result
            finally:
                await _ended(pouring, result)


async def once(data: bytes) -> AsyncIterator[bytes]:
    """One chunk."""
    yield data


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    """What nobody waits for any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _pipe() -> tuple[int, FileIO]:
    """A large pipe: its reading end for a child, and its writing end, which does not block."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)
    return reading, FileIO(writing, "w")


async def _pour(source: AsyncIterable[bytes], into: FileIO) -> None:
    """Writes all of the source to a pipe and closes it.

    A reader that goes away ends it early: it has left word of why.
    """
    with into:
        async for chunk in source:
            rest = memoryview(chunk)
            while rest:
                try:
                    rest = rest[into.write(rest) or 0 :]
                except BrokenPipeError:
                    return
                if rest:
                    await writable(into)
