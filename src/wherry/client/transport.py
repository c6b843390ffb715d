"""A connected socket that remembers what it read too much, and how to connect one."""

import errno
from _socket import (
    AF_UNIX,
    IPPROTO_TCP,
    MSG_DONTWAIT,
    SHUT_WR,
    SOCK_STREAM,
    TCP_NODELAY,
    gaierror,
    getaddrinfo,
    socket,
)
from posix import environ
from select import POLLIN, poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any

    from ..spans import Span

PROXIES = (b"HTTP_PROXY", b"HTTPS_PROXY", b"http_proxy", b"https_proxy")
DEFAULT_TCP_PORT = "2375"
READ_SIZE = 1 << 17
MAX_LINE = 1 << 20


class CannotConnect(Exception):
    """The engine cannot be reached, or went away. ``str(error)`` is the sentence for people."""


class Stream:
    """A connected stream socket, read through a small buffer.

    Attributes:
        origin: what stands before the path in a request, for a proxy: ``http://host:port``.
        headers: what each request says to a proxy.
    """

    __slots__ = ("buffer", "sock")

    origin = ""
    headers: "dict[str, str]" = {}

    def __init__(self, sock: socket) -> None:
        self.sock = sock
        self.buffer = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def send_span(self, span: "Span") -> None:
        span.send(self.sock)

    def send_some(self, data: bytes) -> int:
        """Send what the socket takes without waiting; 0 when it takes nothing now."""
        try:
            return self.sock.send(data, MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def receive(self, most: int = READ_SIZE) -> bytes:
        """What is at hand, at least one byte; b"" at the end. No more than ``most`` is read at a time."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        return self._read(most)

    def line(self) -> bytes:
        """Up to the next CR LF, without it. CannotConnect when the peer ends before."""
        while (end := self.buffer.find(b"\r\n")) < 0:
            data = self._read()
            if not data or len(self.buffer) > MAX_LINE:
                raise self.lost()
            self.buffer += data
        line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        return line

    def _read(self, most: int = READ_SIZE) -> bytes:
        try:
            return self.sock.recv(most)
        except ConnectionResetError:
            raise self.lost() from None

    def lost(self) -> CannotConnect:
        """The error of a peer that ended in the middle of an answer."""
        self.close()
        return CannotConnect("error during connect: unexpected end of the response")

    def is_idle(self) -> bool:
        """Whether a kept connection may carry another request: open, and nothing unread."""
        readable = poll()
        readable.register(self.sock.fileno(), POLLIN)
        return not self.buffer and not readable.poll(0)

    def close_write(self) -> None:
        """Tell the peer that nothing more will be sent."""
        try:
            self.sock.shutdown(SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise

    def close(self) -> None:
        self.sock.close()


def connect(host: str, tls: "SSLContext | None" = None, *, for_stream: bool = False) -> Stream:
    """A connection to ``unix:///path``, ``[tcp://]name[:port]``, encrypted where there is a ``tls``, or ``ssh://name``.

    A name may be behind the proxy that the environment names. A connection that is to be taken over (``for_stream``)
    goes past it unless it is encrypted: no proxy lets one through. CannotConnect when there is nobody.
    """
    scheme, _, rest = host.partition("://") if "://" in host else ("tcp", "", host)
    try:
        if scheme == "unix":
            return Stream(_connected(socket(AF_UNIX, SOCK_STREAM), rest or "/var/run/docker.sock"))
        if scheme == "tcp":
            return _connect_tcp(rest, tls, straight=for_stream and tls is None)
        if scheme == "ssh":
            from .ssh import connect_ssh

            return connect_ssh(host)
    except (OSError, gaierror) as error:
        raise CannotConnect(_sentence(host, rest, error)) from None
    raise CannotConnect(f"unable to parse docker host {host!r}: use unix:///path, tcp://host:port or ssh://host")


def _connect_tcp(authority: str, tls: "SSLContext | None", *, straight: bool) -> Stream:
    name, _, port = authority.rstrip("/").rpartition(":")
    if not name or port.endswith("]"):
        name, port = authority.rstrip("/"), DEFAULT_TCP_PORT
    name = name.strip("[]")
    if not straight and any(environ.get(variable) for variable in PROXIES):
        from .proxied import connect_by_proxy

        if stream := connect_by_proxy(name, port, tls):
            return stream
    sock = dial(name, port)
    sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    if tls is None:
        return Stream(sock)
    from .tls import TlsStream

    return TlsStream(sock, tls, name)


def dial(name: str, port: str) -> socket:
    """A connection by TCP. OSError, gaierror."""
    last: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
    for family, kind, protocol, _, address in getaddrinfo(name, port, 0, SOCK_STREAM):
        try:
            return _connected(socket(family, kind, protocol), address)
        except OSError as error:
            last = error
    raise last


def _connected(sock: socket, address: "str | tuple[Any, ...]") -> socket:
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _sentence(host: str, address: str, error: OSError) -> str:
    if isinstance(error, gaierror):
        return f"error during connect: lookup {address}: {error.strerror}"
    if error.errno == errno.EACCES:
        return (
            f"permission denied while trying to connect to the Docker daemon socket at {host}: "
            f"dial unix {address}: connect: permission denied"
        )
    return f"Cannot connect to the Docker daemon at {host}. Is the docker daemon running?"
