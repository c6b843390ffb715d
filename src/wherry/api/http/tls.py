"""TLS between a connection and its socket, in which each side can end before the other.

A Docker client ends its side of a hijacked stream by a close_notify (RFC 8446, 6.1) and goes on reading. asyncio's own
TLS closes the whole connection then.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

HANDSHAKE_TIMEOUT = 10.0
_RECORD = 16 * 1024
# The answer of Go's server, in its words.
_NOT_TLS = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

_log = logging.getLogger(__name__)


class TlsLayer(asyncio.Protocol, asyncio.Transport):
    """A protocol for the socket's transport, and the transport of the protocol above, which begins when the
    handshake is done.

    Attributes:
        settled: it is, or will never be.
    """

    def __init__(self, context: ssl.SSLContext, make_upper: Callable[[], asyncio.Protocol]) -> None:
        super().__init__()
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_side=True)
        self._make_upper = make_upper
        self._upper: asyncio.BaseProtocol | None = None
        self.settled = asyncio.Event()
        self._input_ended = False
        self._output_ended = False

    # -- events of the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._lower = cast(asyncio.Transport, transport)
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_TIMEOUT, self._lower.abort)

    def data_received(self, data: bytes) -> None:
        self._received.write(data)
        try:
            if self._upper is None:
                self._shake_hands()
            self._decrypt()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._refuse(error)

    def eof_received(self) -> bool:
        """An end without close_notify is the end of the client: TLS has its own way to end one side."""
        self._end_input()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self.settled.set()
        if self._upper is not None:
            self._upper.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._upper is not None:
            self._upper.pause_writing()

    def resume_writing(self) -> None:
        if self._upper is not None:
            self._upper.resume_writing()

    def _shake_hands(self) -> None:
        self._tls.do_handshake()
        self._flush()
        self._timer.cancel()
        self._upper = self._make_upper()
        self._upper.connection_made(self)
        self.settled.set()

    def _decrypt(self) -> None:
        """Hand on all that is whole. SSLWantReadError at its end."""
        while not self._input_ended:
            if data := self._read():
                cast(asyncio.Protocol, self._upper).data_received(data)
            elif not self._end_input():
                self.close()

    def _read(self) -> bytes:
        """b"" at the client's close_notify; an exception says the same once ours is out. SSLWantReadError."""
        try:
            return self._tls.read(_RECORD)
        except ssl.SSLZeroReturnError:
            return b""

    def _end_input(self) -> bool:
        """Whether the connection goes on: there are answers to be sent."""
        if self._input_ended or self._upper is None:
            return False
        self._input_ended = True
        return bool(cast(asyncio.Protocol, self._upper).eof_received())

    def _refuse(self, error: ssl.SSLError) -> None:
        peer = self._lower.get_extra_info("peername")
        _log.info("http: TLS handshake error from %s: %s", ":".join(map(str, peer[:2])), error)
        if error.reason == "HTTP_REQUEST":
            self._lower.write(_NOT_TLS)
        else:
            self._flush()  # the alert that says why
        self._lower.close()

    # -- the transport of the protocol above

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._output_ended or self.is_closing():
            return
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
        self._flush()

    def write_eof(self) -> None:
        if self._output_ended:
            return
        self._output_ended = True
        with suppress(ssl.SSLWantReadError):  # the client's own close_notify may come whenever it likes
            self._tls.unwrap()
        self._flush()

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        if not self.is_closing():
            self.write_eof()
            self._lower.close()

    def abort(self) -> None:
        self._lower.abort()

    def is_closing(self) -> bool:
        return self._lower.is_closing()

    def pause_reading(self) -> None:
        self._lower.pause_reading()

    def resume_reading(self) -> None:
        self._lower.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._upper = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast(asyncio.BaseProtocol, self._upper)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._lower.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._lower.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._tls if name == "ssl_object" else self._lower.get_extra_info(name, default)

    def _flush(self) -> None:
        if self._unsent.pending:
            self._lower.write(self._unsent.read())


def peer_of(tls: ssl.SSLObject | None) -> tuple[str, bytes] | None:
    """The common name in a client's certificate, and that certificate as PEM; None if none was verified."""
    found = tls.getpeercert() if tls is not None else None
    if tls is None or not found:
        return None
    subject: Any = found.get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    encoded = ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True) or b"")
    return (names[-1] if names else ""), encoded.encode()
