"""Containers: their output and input, live and logged."""

import sys
from collections.abc import Awaitable, Callable

from wherry.api.bodies import closing
from wherry.api.http import HijackedStream, Request, Router, WebSocket, accept
from wherry.api.parameters import log_streams
from wherry.api.streams import content_type, copies_frames, hijack, log_bytes, serve
from wherry.engine.containers import Containers
from wherry.engine.containers.output.streams import Attachment
from wherry.model.container import Container
from wherry.model.log import LogRange
from wherry.plan.go_values import decimal
from wherry.plan.logs.details import log_details
from wherry.plan.timestamps import parse_unix

TakeOver = Callable[[Attachment], Awaitable[HijackedStream | WebSocket]]
"""Makes a stream of the connection of a request."""

_STREAMS = ("stdin", "stdout", "stderr")
_BINARY_SINCE = (1, 28)
_CHOICE_SINCE = (1, 42)


class OutputRoutes:
    def __init__(self, containers: Containers) -> None:
        self._containers = containers

    def register(self, router: Router) -> None:
        router.add("GET", "/containers/{name:path}/logs", self.logs)
        router.add("POST", "/containers/{name:path}/attach", self.attach)
        router.add("GET", "/containers/{name:path}/attach/ws", self.attach_websocket)

    async def logs(self, request: Request) -> None:
        query, which = request.query, _log_range(request)
        container = self._containers.find(request.params["name"])
        plain = not any(query.flag(name) for name in ("follow", "timestamps", "details"))
        if plain and not container.spec.tty:
            await self._send_frames(request, container, which)
        else:
            await self._send_lines(request, container, which)

    async def attach(self, request: Request) -> None:
        streams = frozenset(name for name in _STREAMS if request.query.flag(name))
        await self._join(request, streams, lambda attachment: hijack(request, tty=attachment.tty))

    async def attach_websocket(self, request: Request) -> None:
        """Clients below API 1.42 get all three streams, whatever they ask for, and those below 1.28 as text."""
        chooses, is_text = request.api_version >= _CHOICE_SINCE, request.api_version < _BINARY_SINCE
        streams = frozenset(name for name in _STREAMS if not chooses or request.query.flag(name))
        await self._join(request, streams, lambda _attachment: accept(request, text=is_text))

    async def _join(self, request: Request, streams: frozenset[str], take_over: TakeOver) -> None:
        """Join a client and a container's streams, once the container has them to give."""
        query = request.query
        attachment = await self._containers.attach(
            request.params["name"],
            stdin="stdin" in streams,
            stdout="stdout" in streams,
            stderr="stderr" in streams,
            stream=query.flag("stream"),
            logs=query.flag("logs"),
            detach_keys=query.get("detachKeys", ""),
        )
        try:
            stream = await take_over(attachment)
        except BaseException:
            attachment.close()
            raise
        framed = not attachment.tty and not isinstance(stream, WebSocket)
        await serve(stream, attachment, framed=framed, takes_input="stdin" in streams)

    async def _send_frames(self, request: Request, container: Container, which: LogRange) -> None:
        async with closing(self._containers.log_frames(container.id, which, joined=copies_frames(request))) as frames:
            stream = await request.stream(content_type(request, tty=False))
            async for data in frames:
                await stream.write(data)

    async def _send_lines(self, request: Request, container: Container, which: LogRange) -> None:
        query, tty = request.query, container.spec.tty
        timestamps = query.flag("timestamps")
        prefix = f"{log_details(container)} " if query.flag("details") else ""
        async with closing(self._containers.logs(container.id, which, follow=query.flag("follow"))) as batches:
            stream = await request.stream(content_type(request, tty=tty))
            async for lines in batches:
                await stream.write(log_bytes(lines, tty=tty, timestamps=timestamps, prefix=prefix))


def _log_range(request: Request) -> LogRange:
    query = request.query
    stdout, stderr = log_streams(query)
    return LogRange(
        stdout=stdout,
        stderr=stderr,
        since=parse_unix(query.get("since", "")),
        until=parse_unix(query.get("until", "")),
        tail=decimal(query.get("tail", ""), most=sys.maxsize),
    )
