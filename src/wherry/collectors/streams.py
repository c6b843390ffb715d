"""Messages one after the other, by TCP, TLS or a Unix socket."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from wherry.collectors.encoding import Encoder
from wherry.errors import InternalError
from wherry.model.collector import Collector, CollectorTls
from wherry.model.log import LogLine

_HANDSHAKE: Final = 10.0  # seconds
_LONGEST_ANSWER: Final = 4096
_UNKNOWN_AUTHORITY: Final = (2, 18, 19, 20, 21, 27)  # OpenSSL's X509_V_ERR_…


class StreamConnection:
    """Lines are sent when the kernel has taken them, or when the server has answered that it has them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoder: Encoder) -> None:
        self._reader = reader
        self._writer = writer
        self._encoder = encoder
        writer.transport.set_write_buffer_limits(high=0)  # nothing stays in this process

    async def send(self, lines: Sequence[LogLine]) -> None:
        """OSError."""
        if self._reader.at_eof():
            raise ConnectionResetError("the collector has closed the connection")
        messages = await asyncio.to_thread(self._encoder.messages, lines)
        if not messages:
            return
        self._writer.write(b"".join(messages))
        await self._writer.drain()
        if self._encoder.answer:
            await self._wait_for(self._encoder.answer)

    def close(self) -> None:
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        else:
            self._writer.close()

    async def _wait_for(self, wanted: bytes) -> None:
        answer = b""
        while wanted not in answer:
            more = await self._reader.read(_LONGEST_ANSWER)
            if not more:
                raise ConnectionResetError("the collector has not acknowledged")
            answer = answer[-len(wanted) :] + more


async def opened(dialled: socket.socket, collector: Collector) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connected socket to speak on, by TLS if the address says so. InternalError."""
    try:
        return await _open(dialled, collector)
    except ssl.SSLCertVerificationError as error:
        dialled.close()
        unknown = error.verify_code in _UNKNOWN_AUTHORITY
        reason = "certificate signed by unknown authority" if unknown else error.verify_message
        raise InternalError(f"tls: failed to verify certificate: x509: {reason}") from error
    except (OSError, InternalError) as error:
        dialled.close()
        raise InternalError(str(error)) from error


async def _open(dialled: socket.socket, collector: Collector) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if collector.address.network != "tls":
        return await asyncio.open_connection(sock=dialled)
    context = await asyncio.to_thread(_context, collector.tls)
    return await asyncio.open_connection(
        sock=dialled,
        ssl=context,
        server_hostname=collector.tls.name or collector.address.host,
        ssl_handshake_timeout=_HANDSHAKE,
    )


def _context(tls: CollectorTls) -> ssl.SSLContext:
    """InternalError for files that are none."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise InternalError(f'could not read CA certificate "{tls.ca}": {_reason(tls.ca, error)}') from error
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.cert or tls.key:
        try:
            context.load_cert_chain(tls.cert, tls.key or None)
        except (OSError, ssl.SSLError) as error:
            reason = f"could not load X509 key pair: {_reason(tls.cert, error)}"
            raise InternalError(f"{reason}. Make sure the key is not encrypted") from error
    return context


def _reason(path: str, error: OSError) -> str:
    return f"open {path}: no such file or directory" if isinstance(error, FileNotFoundError) else str(error)
