"""A stream inside TLS, whose sides end one by one. Only who uses TLS imports this: it costs ``ssl``."""

import errno
import ssl
from _socket import MSG_DONTWAIT, SHUT_RD, socket

from ..spans import Span
from .transport import READ_SIZE, CannotConnect, Stream

_RECORD = 1 << 14
_X509_EXPIRED, _X509_UNTRUSTED = (9, 10), (18, 19, 20, 21)
# What the other side says of us, by OpenSSL's names and in Go's words.
_ALERTS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "certificate required",
    "TLSV1_ALERT_UNKNOWN_CA": "unknown certificate authority",
    "SSLV3_ALERT_BAD_CERTIFICATE": "bad certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "expired certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "handshake failure",
}


class TlsStream(Stream):
    """A stream whose bytes are encrypted on the way."""

    __slots__ = ("_half_sent", "_received", "_tls", "_unsent")

    def __init__(self, sock: socket, context: ssl.SSLContext, name: str) -> None:
        """Shake hands with the server called ``name``. CannotConnect when one side does not trust the other."""
        super().__init__(sock)
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_hostname=name)
        self._half_sent = (0, b"")
        try:
            while not self._shook_hands():
                self._receive_some()
        except ssl.SSLError as error:
            self.close()
            raise CannotConnect(_sentence(error)) from None

    def _shook_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self._flush()
        return True

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]
            self._flush()

    def send_span(self, span: Span) -> None:
        self.send(bytes(span))

    def send_some(self, data: bytes) -> int:
        """As of a plain stream. A record that the socket did not take whole counts once it did; until then ``data`` has
        to begin with the same bytes."""
        size, record = self._half_sent
        if not record:
            size = self._tls.write(data[:_RECORD])
            record = self._unsent.read()
        self._half_sent = (size, record[super().send_some(record) :])
        return 0 if self._half_sent[1] else size

    def _read(self, most: int = READ_SIZE) -> bytes:
        while not (data := self._at_hand()):
            if data is None:
                return b""
            self._receive_some()
        return data

    def _at_hand(self) -> bytes | None:
        """All that came and is whole; None at the end."""
        parts = []
        try:
            while part := self._tls.read(READ_SIZE):
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts)
        except ssl.SSLZeroReturnError:
            pass
        except ssl.SSLError as error:
            self.close()
            raise CannotConnect(_sentence(error)) from None
        self._show_end()
        return b"".join(parts) or None

    def _show_end(self) -> None:
        """Who polls the socket has to see the end, which may have come right behind the last bytes."""
        try:
            self.sock.shutdown(SHUT_RD)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise

    def _receive_some(self) -> None:
        try:
            data = self.sock.recv(READ_SIZE)
        except ConnectionResetError:
            raise self.lost() from None
        if not data:
            raise self.lost()  # without a close_notify it was cut off
        self._received.write(data)

    def is_idle(self) -> bool:
        """As of a plain stream; what came for TLS itself, such as tickets, does not count."""
        if self.buffer:
            return False
        try:
            self._received.write(self.sock.recv(READ_SIZE, MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return self._at_hand() == b""

    def close_write(self) -> None:
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:  # the other side may end whenever it likes
            self._flush()

    def _flush(self) -> None:
        if self._unsent.pending:
            self.sock.sendall(self._unsent.read())


def client_context(*, ca: str, cert: str, key: str, verify: bool) -> ssl.SSLContext:
    """Trust in the authority ``ca``, "" for those of this machine, if we are to ``verify``, and our certificate, "" for
    none: paths of PEM files.

    ValueError in docker's words, OSError for a file that cannot be read.
    """
    for path in filter(None, (ca, cert, key)):
        with open(path, "rb"):  # OpenSSL does not say which one it could not open
            pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if cert:
            context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        reason = "private key does not match public key" if mismatch else error.reason
        raise ValueError(f"tls: {reason}") from None
    try:
        if ca:
            context.load_verify_locations(ca)
        else:
            context.load_default_certs()
    except ssl.SSLError:
        raise ValueError("ca.pem seems invalid") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _sentence(error: ssl.SSLError) -> str:
    return f"error during connect: {_reason(error)}"


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: x509: {_mistrust(error)}"
    if error.reason == "WRONG_VERSION_NUMBER":
        return "http: server gave HTTP response to HTTPS client"
    if error.reason in _ALERTS:
        return f"remote error: tls: {_ALERTS[error.reason]}"
    return f"tls: {error.reason}"


def _mistrust(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _X509_UNTRUSTED:
        return "certificate signed by unknown authority"
    if error.verify_code in _X509_EXPIRED:
        return "certificate has expired or is not yet valid"
    return error.verify_message
