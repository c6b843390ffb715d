"""Servers that take what log drivers send."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.harness.engine import Host

Answer = Callable[[bytes], bytes]


class Sink:
    """What came: ``data`` of streams, or ``datagrams``; ``answer`` says what is answered to all data so far."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.data = b""
        self.datagrams: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._answer = answer

    def lines(self) -> list[bytes]:
        """Of streams, without their newlines."""
        return self.data.split(b"\n")[:-1]

    def serve_stream(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError):  # closed by the test
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._take, args=(connection, tls), daemon=True).start()

    def serve_datagrams(self, bound: socket.socket) -> None:
        with suppress(OSError):
            while datagram := bound.recv(1 << 16):
                self.datagrams.append(datagram)

    def _take(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError):
            connection = tls.wrap_socket(connection, server_side=True) if tls else connection
            self.connections.append(connection)
            while data := connection.recv(1 << 16):
                self.data += data
                if self._answer:
                    connection.sendall(self._answer(self.data))


@contextmanager
def collector(
    host: Host, port: int, protocol: str = "tcp", *, tls: ssl.SSLContext | None = None, answer: Answer | None = None
) -> Iterator[Sink]:
    """A server on ``port`` of the host's loopback, for the length of a block."""
    sink = Sink(answer)
    bound = host.listen(port, protocol)
    if protocol == "udp":
        serving = threading.Thread(target=sink.serve_datagrams, args=(bound,), daemon=True)
    else:
        serving = threading.Thread(target=sink.serve_stream, args=(bound, tls), daemon=True)
    serving.start()
    try:
        yield sink
    finally:
        for connection in (bound, *sink.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        serving.join()
