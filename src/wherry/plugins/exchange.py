"""A request to a plugin, and its answer: HTTP/1.1, a connection each."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import httptools
from msgspec import Struct

from wherry.plugins.discovery import Address, Tls
from wherry.threads import alone

LONGEST: Final = 16 * 1024 * 1024  # bytes of an answer
_PIECE: Final = 64 * 1024
_ACCEPT: Final = "application/vnd.docker.plugins.v1.2+json"


class NotConnected(Exception):
    """Nobody was there: nothing was asked."""


class NoAnswer(Exception):
    """Somebody was there, and gave no answer that is one."""


class Answer(Struct, frozen=True):
    status: int
    body: bytes


async def exchange(address: Address, method: str, body: bytes) -> Answer:
    """Ask a plugin. NotConnected, NoAnswer, with the texts of Go's client."""
    async with _connected(address) as (reader, writer):
        host = "plugin.moby.localhost" if address.path else address.authority
        head = (
            f"POST /{method} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: wherry\r\nContent-Length: {len(body)}\r\n"
            f"Accept: {_ACCEPT}\r\nConnection: close\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            return await _read(reader)
        except OSError as error:
            raise NoAnswer(_reason(error)) from error


async def dial(address: Address) -> None:
    """NotConnected, NoAnswer if nobody is there."""
    async with _connected(address):
        pass


@asynccontextmanager
async def _connected(address: Address) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    network, where = ("unix", address.path) if address.path else ("tcp", address.authority)
    try:
        reader, writer = await _open(address)
    except socket.gaierror:
        raise NotConnected(f"dial tcp: lookup {address.host}: no such host") from None
    except ssl.SSLError as error:
        raise NoAnswer(f"tls: {error.reason or error}") from error
    except OSError as error:
        raise NotConnected(f"dial {network} {where}: connect: {_reason(error)}") from error
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # a peer that hangs is not waited for
        with suppress(OSError):
            await writer.wait_closed()


async def _open(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.path:
        return await asyncio.open_unix_connection(address.path)
    if address.tls is None:
        return await asyncio.open_connection(address.host, address.port)
    context = await alone(_context, address.tls)
    return await asyncio.open_connection(address.host, address.port, ssl=context)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca or None)
    if tls.insecure or not tls.ca:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    return context


class _Reading:
    """An answer that is being read."""

    def __init__(self) -> None:
        self.ended = False
        self._parser: Any = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._received = 0
        self._begun = False  # the head is there
        self._framed = False  # the end of the body is told, or else the end of the connection is it

    @property
    def answer(self) -> Answer:
        return Answer(self._parser.get_status_code(), bytes(self._body))

    def feed(self, data: bytes) -> None:
        """More of it, ``b""`` if there is no more. NoAnswer."""
        self._received += len(data)
        if self._received > LONGEST:
            raise NoAnswer(f"the answer is longer than {LONGEST} bytes")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise NoAnswer(f"malformed HTTP response: {error}") from error
        if data or self.ended:
            return
        if not self._begun or self._framed:
            raise NoAnswer("unexpected EOF" if self._parser.get_status_code() else "EOF")
        self.ended = True

    # -- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self._framed = self._framed or name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        self._begun = True

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self.ended = self._parser.get_status_code() >= 200  # before it there may be "100 Continue"


async def _read(reader: asyncio.StreamReader) -> Answer:
    reading = _Reading()
    while not reading.ended:
        reading.feed(await reader.read(_PIECE))
    return reading.answer


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)
