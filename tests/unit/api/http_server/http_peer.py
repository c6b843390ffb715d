"""A client that says exactly the bytes it is told to, and reads answers as strictly as it can."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherry.api.http import Handler, Limits, Server


@dataclass
class Answer:
    status: int
    reason: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        assert self.headers["content-type"] == "application/json"
        text = json.loads(self.body)["message"]
        assert isinstance(text, str)
        return text


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    def get(self, path: str, *headers: str) -> None:
        self.send("\r\n".join((f"GET {path} HTTP/1.1", "Host: d", *headers)) + "\r\n\r\n")

    def post(self, path: str, body: bytes = b"", *headers: str) -> None:
        lines = (f"POST {path} HTTP/1.1", "Host: d", f"Content-Length: {len(body)}", *headers)
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def head(self) -> Answer:
        block = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = block.decode().rstrip("\r\n").split("\r\n")
        _, status, reason = first.split(" ", 2)
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return Answer(int(status), reason, headers, b"")

    async def answer(self, *, to_head: bool = False) -> Answer:
        answer = await self.head()
        if not to_head and answer.status not in (204, 304):
            answer.body = await self._body(answer.headers)
        return answer

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.read()
        body = b""
        while chunk := await self.chunk():
            body += chunk
        return body

    async def chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        data = await self.reader.readexactly(size)
        assert await self.reader.readexactly(2) == b"\r\n"
        return data

    async def rest(self) -> bytes:
        """All bytes up to the end of the connection."""
        return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


class Served:
    """A running server and its clients."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server, self.path = server, path
        self._peers: list[Peer] = []

    async def connect(self) -> Peer:
        peer = Peer(*await asyncio.open_unix_connection(str(self.path)))
        self._peers.append(peer)
        return peer

    async def hang_up(self) -> None:
        for peer in self._peers:
            if not peer.writer.is_closing():  # one that is gone must not be aborted in Python 3.11
                peer.writer.transport.abort()
        self._peers.clear()


@asynccontextmanager
async def serving(
    handler: Handler, path: Path, *, http2: Callable[[], asyncio.Protocol | None] = lambda: None, **limits: Any
) -> AsyncIterator[Served]:
    """A server on a unix socket. ``limits`` are those of :class:`Limits`."""
    server = Server(handler, product_version="26.1.5", limits=Limits(**limits), http2=http2)
    await server.listen(f"unix://{path}")
    served = Served(server, path)
    try:
        yield served
    finally:
        await served.hang_up()
        await server.close(grace=1)
        await asyncio.sleep(0)  # let aborted transports close their sockets
