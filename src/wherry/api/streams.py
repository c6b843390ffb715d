"""Bytes between a client's connection and a container's standard streams."""

import asyncio
from collections.abc import Iterable

from wherry.api.http import HijackedStream, Request, WebSocket
from wherry.engine.containers.output.streams import Attachment, Detached
from wherry.model.log import LogLine
from wherry.wire.frames import STDOUT, frame

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"

_MULTIPLEXED_SINCE = (1, 42)
_COMMAND_LINES = ("Docker-Client/", "wherry")
_LAST_INPUT = 1.0  # seconds


def content_type(request: Request, *, tty: bool) -> str:
    """The type of a stream of output: frames have one of their own since API 1.42."""
    return RAW if tty or request.api_version < _MULTIPLEXED_SINCE else MULTIPLEXED


def copies_frames(request: Request) -> bool:
    """Whether the client is a command line, Docker's or ours, which copies what frames hold: it would only be slowed by
    small ones. Others may take each for a line."""
    return request.headers.get("user-agent", "").startswith(_COMMAND_LINES)


async def hijack(request: Request, *, tty: bool) -> HijackedStream:
    """Take the connection over. A client that does not ask for an upgrade is told ``raw-stream``, as dockerd does."""
    return await request.hijack(content_type(request, tty=tty) if request.headers.get("upgrade") else RAW)


async def serve(stream: HijackedStream | WebSocket, attachment: Attachment, *, framed: bool, takes_input: bool) -> None:
    """Join a client and an attachment until the output ends, or the client goes or detaches.

    The end of the client's sending side becomes the end of stdin. Whoever does not take its bytes slows the other.
    What a client sent before it went is taken in, if the process takes it soon.
    """
    taking = asyncio.create_task(_take_input(stream, attachment if takes_input else None))
    tasks = [
        asyncio.create_task(_send_output(stream, attachment, framed)),
        taking,
        asyncio.create_task(stream.closed.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if stream.closed.is_set():
            await asyncio.wait((taking,), timeout=_LAST_INPUT)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        attachment.close()
        await _close(stream)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, ConnectionError):
            raise result


async def fail(stream: HijackedStream, text: str, *, tty: bool) -> None:
    """Tell a client that waits for output why there is none."""
    line = text.encode() + b"\r\n"
    await stream.write(line if tty else frame(STDOUT, line))
    stream.close()


def log_bytes(lines: Iterable[LogLine], *, tty: bool, timestamps: bool, prefix: str = "") -> bytes:
    """A batch of log lines as a client wants it: frames, or as they are for a terminal; ``prefix`` before each."""
    entries = [(line.stream, _shown(line, timestamps, prefix)) for line in lines]
    if tty:
        return b"".join(data for _, data in entries)
    return b"".join(frame(stream, data) for stream, data in entries)  # clients take each frame for a line


async def _close(stream: HijackedStream | WebSocket) -> None:
    if isinstance(stream, WebSocket):
        await stream.finish()
    else:
        stream.close()


async def _send_output(stream: HijackedStream | WebSocket, attachment: Attachment, framed: bool) -> None:
    while True:
        source, data = await attachment.read()
        if not source:
            return
        await stream.write(frame(source, data) if framed else data)


async def _take_input(stream: HijackedStream | WebSocket, attachment: Attachment | None) -> None:
    """Return when the client has detached, or has gone and all that it sent is taken."""
    try:
        while data := await stream.read():
            if attachment is not None:
                await attachment.write(data)
        if attachment is not None:
            await attachment.close_stdin()
    except Detached:
        return
    except ConnectionError:
        pass  # the process has closed its stdin; its output goes on
    await stream.closed.wait()


def _shown(line: LogLine, timestamps: bool, prefix: str) -> bytes:
    return (f"{line.time} {prefix}" if timestamps else prefix).encode() + line.data
