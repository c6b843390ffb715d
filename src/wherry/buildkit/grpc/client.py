"""Calls that we make."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wherry.buildkit.grpc.messages import Messages, failed
from wherry.buildkit.grpc.metadata import failure, request_headers
from wherry.buildkit.http2 import Connection, Stream
from wherry.buildkit.session import Metadata
from wherry.buildkit.status import CallFailed, Code


class Call(Messages):
    """One that is under way."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._call = stream

    async def receive(self) -> bytes | None:
        message = await super().receive()
        if message is None and (error := failure(self._call.trailers)) is not None:
            raise error
        return message

    async def end(self) -> None:
        self._call.end()


@asynccontextmanager
async def begin(connection: Connection, path: str, metadata: Metadata) -> AsyncIterator[Call]:
    """A call; leaving the block before its end cancels it. CallFailed."""
    try:
        stream = connection.open(request_headers(path, metadata))
    except ConnectionError as error:
        raise failed(error) from error
    try:
        yield Call(stream)
    finally:
        stream.reset()


async def ask(connection: Connection, path: str, request: bytes) -> bytes:
    """One message for one. CallFailed."""
    async with begin(connection, path, {}) as call:
        await call.send(request)
        await call.end()
        answer = await call.receive()
        if answer is None or await call.receive() is not None:
            raise CallFailed(Code.INTERNAL, f"{path} did not answer with one message")
        return answer
