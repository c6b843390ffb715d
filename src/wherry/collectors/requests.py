"""Batches of lines as requests of HTTP/1.1, one after the other on a connection (RFC 9112)."""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from wherry.collectors.splunk import SplunkEncoder
from wherry.errors import InternalError
from wherry.model.collector import Splunk
from wherry.model.log import LogLine

_ANSWERING: Final = 30.0  # seconds
_LONGEST: Final = 1 << 16  # bytes of an answer; of one that failed the beginning is told
_TOLD: Final = 1 << 10
_NO_ANSWER: Final = (EOFError, ValueError, asyncio.LimitOverrunError)


class RequestConnection:
    """Lines are sent when the server has answered that it took them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, form: Splunk) -> None:
        self._reader = reader
        self._writer = writer
        self._form = form
        self._encoder = SplunkEncoder(form)
        url = urlsplit(form.url)
        self._host, self._path = url.netloc, url.path

    async def verify(self) -> None:
        """InternalError unless the server takes events."""
        try:
            status, body = await self._exchange("OPTIONS", {}, b"")
        except (OSError, *_NO_ANSWER) as error:
            raise InternalError(f'Options "{self._form.url}": {error}') from error
        if not status.startswith("200"):
            raise InternalError(f"splunk: failed to verify connection - {status} - {body}")

    async def send(self, lines: Sequence[LogLine]) -> None:
        """OSError; InternalError with what the server says against it."""
        body = await asyncio.to_thread(self._encoder.body, lines)
        if not body:
            return
        optional = {
            "Content-Encoding": "gzip" if self._form.level is not None else "",
            "X-Splunk-Request-Channel": self._form.channel,
        }
        try:
            status, told = await self._exchange("POST", optional, body)
        except _NO_ANSWER as error:
            raise ConnectionResetError(f"the collector did not answer: {error}") from error
        if not status.startswith("200"):
            raise InternalError(f"splunk: failed to send event - {status} - {told}")

    def close(self) -> None:
        self._writer.transport.abort()

    async def _exchange(self, method: str, optional: dict[str, str], body: bytes) -> tuple[str, str]:
        """The status of an answer, with its reason, and what it says."""
        headers = {
            "Host": self._host,
            "User-Agent": "wherry",
            "Authorization": f"Splunk {self._form.token}",
            "Content-Length": str(len(body)),
            **{name: value for name, value in optional.items() if value},
        }
        lines = (f"{method} {self._path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        async with asyncio.timeout(_ANSWERING):
            self._writer.write("\r\n".join(lines).encode() + body)
            await self._writer.drain()
            return await self._answer()

    async def _answer(self) -> tuple[str, str]:
        """Raises what is in ``_NO_ANSWER`` for what is none."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, _, status = head[0].partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError("malformed HTTP response")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        return status, (await self._body(fields)).decode(errors="replace")[:_TOLD].strip()

    async def _body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        return await self._reader.readexactly(_size(fields.get("content-length", "0"), 10))

    async def _chunks(self) -> bytes:
        body = b""
        while size := _size((await self._reader.readuntil(b"\r\n")).decode("latin-1").partition(";")[0], 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
            _check(len(body))
        await self._reader.readuntil(b"\r\n")
        return body


def _size(text: str, base: int) -> int:
    return _check(int(text, base))


def _check(size: int) -> int:
    if not 0 <= size <= _LONGEST:
        raise ValueError("the answer is too long")
    return size
