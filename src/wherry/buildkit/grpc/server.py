"""Calls that we answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar

from msgspec import Struct

from wherry.buildkit.grpc.messages import Messages
from wherry.buildkit.grpc.metadata import CONTENT_TYPE, metadata_of, trailers
from wherry.buildkit.http2 import ErrorCode, Headers, Stream, StreamReset
from wherry.buildkit.protobuf import decode, encode
from wherry.buildkit.status import CallFailed, Code
from wherry.errors import InvalidArgument, WherryError

_log = logging.getLogger(__name__)

_MOST_CALLS: Final = 4096  # of all clients, those included that were given up and are not at their end yet

Q = TypeVar("Q", bound=Struct)


class Call(Messages):
    """One that a client makes."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self.metadata = metadata_of(stream.headers)


Handler = Callable[[Call], Awaitable[None]]
"""Takes messages and sends messages; when it returns the call has ended well. Raises CallFailed."""


def unary(kind: type[Q], answer: Callable[[Q, Call], Awaitable[Struct]]) -> Handler:
    """A handler that answers one message with one."""

    async def handler(call: Call) -> None:
        await call.send(encode(await answer(await one(kind, call), call)))

    return handler


async def one(kind: type[Q], call: Call) -> Q:
    """The request of a call that has one. CallFailed."""
    message = await call.receive()
    try:
        return decode(kind, message or b"")
    except InvalidArgument as error:
        raise CallFailed(Code.INTERNAL, f"grpc: error unmarshalling request: {error}") from error


class Server:
    """Handlers by path, each call in a task of its own that ends when its client goes. ``tasks`` are those at work."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self.tasks: set[asyncio.Task[None]] = set()

    def accept(self, stream: Stream) -> None:
        if len(self.tasks) >= _MOST_CALLS:
            stream.reset(ErrorCode.REFUSED_STREAM)
            return
        task = asyncio.get_running_loop().create_task(self._serve(stream))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        stream.on_failed = lambda: _end(task)

    async def _serve(self, stream: Stream) -> None:
        with suppress(StreamReset, ConnectionError):  # the client has gone
            await self._answer(stream)

    async def _answer(self, stream: Stream) -> None:
        headers = dict(stream.headers)
        if headers.get(":method") != "POST" or not headers.get("content-type", "").startswith("application/grpc"):
            stream.start(((":status", "415"),), end=True)
        else:
            stream.start(((":status", "200"), CONTENT_TYPE))
            stream.start(await self._outcome(headers.get(":path", ""), stream), end=True)
        stream.on_failed = None
        stream.reset(ErrorCode.NO_ERROR)  # whatever the client still wants to send

    async def _outcome(self, path: str, stream: Stream) -> Headers:
        handler = self._handlers.get(path)
        if handler is None:
            return trailers(Code.UNIMPLEMENTED, _unknown(path))
        try:
            await handler(Call(stream))
        except CallFailed as error:
            return trailers(error.code, str(error), error.details)
        except WherryError as error:
            return trailers(Code.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001 - the connection has other calls
            _log.error("a call of %s failed", path, exc_info=error)
            return trailers(Code.INTERNAL, f"{type(error).__name__}: {error}")
        return trailers(Code.OK)


def _end(task: asyncio.Task[None]) -> None:
    task.cancel()


def _unknown(path: str) -> str:
    service, _, method = path.lstrip("/").rpartition("/")
    return f"unknown method {method} for service {service}"
