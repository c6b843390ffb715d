"""How programs get the bytes that they work on: through a pipe, or from the connection that these come by."""

import asyncio
import socket
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from wherry.model.lent import Lent
from wherry.store.programs.children import Start, writable

_WIDE: Final = 1 << 21  # bytes
_SO_SNDBUFFORCE: Final = 32  # include/uapi/asm-generic/socket.h


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
    writing, reading = _wide_pair()
    with writing:
        async with start(program, arguments, reading.detach(), connection) as process:
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


def _wide_pair() -> tuple[socket.socket, socket.socket]:
    """A socket that does not block and holds much, as far as this process may say so, and the one to read from.

    A pipe can be written to when it has room for a page; a socket, when three quarters are read: so whoever feeds a
    quick reader is woken once for a megabyte, and not for a few pages.
    """
    writing, reading = socket.socketpair()
    writing.setblocking(False)
    with suppress(PermissionError):
        writing.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _WIDE)
    return writing, reading


async def _pour(source: AsyncIterable[bytes], into: socket.socket) -> None:
    """Sends all of the source and closes the socket.

    A reader that goes away ends it early: it has left word of why.
    """
    with into:
        async for chunk in source:
            rest = memoryview(chunk)
            while rest:
                try:
                    rest = rest[into.send(rest) :]
                except BlockingIOError:
                    await writable(into)
                except (BrokenPipeError, ConnectionResetError):
                    return
