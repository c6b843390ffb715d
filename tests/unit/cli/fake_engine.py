"""An engine that says what a test tells it to, over a real unix socket."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

STREAM = "application/vnd.docker.multiplexed-stream"
TERMINAL = "application/vnd.docker.raw-stream"


class Request:
    """What came: ``target`` without the API prefix; ``body`` already read, unless the client waits for a word."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2]))

    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """The client's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def answer(self, status: int, body: object = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.raw(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(content), content))

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def chunks(self) -> Iterator[bytes]:
        """What comes of a body that is sent in chunks and was waited with."""
        with self.sock.makefile("rb") as file:
            while size := int(file.readline(), 16):
                yield file.read(size)
                file.readline()

    def upgrade(self, content_type: str, behind: bytes = b"") -> None:
        """Take the connection over; ``behind`` comes in the same packet as the head."""
        self.raw(
            b"HTTP/1.1 101 UPGRADED\r\nContent-Type: %b\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n%b"
            % (content_type.encode(), behind)
        )

    def read_to_end(self) -> bytes:
        data = b""
        while part := self.sock.recv(65536):
            data += part
        return data

    def end(self) -> None:
        """Nothing more comes from this side."""
        self.sock.shutdown(socket.SHUT_WR)


Handler = Callable[[Request, Peer], None]


class FakeEngine:
    """Serves until the process ends; remembers every request."""

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self.requests: list[Request] = []
        self.connections = 0
        self._routes: dict[tuple[str, str], Handler] = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def on(
        self, method: str, path: str, handler: Handler | None = None, *, status: int = 200, body: object = None
    ) -> None:
        """Answer ``method path`` by ``handler``, or always with this status and JSON."""
        self._routes[method, path] = handler or (lambda _, peer: peer.answer(status, body))

    def sent(self, method: str, path: str) -> list[Request]:
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as file:
            try:
                while request := _read_request(file):
                    self.requests.append(request)
                    handler = self._routes.get((request.method, request.path), no_route)
                    handler(request, Peer(sock))
                    if request.headers.get("upgrade") or request.headers.get("expect"):
                        return
            except (BrokenPipeError, ConnectionResetError):
                return  # the client left


def no_route(request: Request, peer: Peer) -> None:
    peer.answer(404, {"message": f"no route {request.method} {request.path}"})


def frame(kind: int, payload: bytes) -> bytes:
    """One frame of Docker's multiplexed stream."""
    return bytes([kind, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def _read_request(file: BinaryIO) -> Request | None:
    start = file.readline()
    if not start:
        return None
    method, target, _ = start.decode().split()
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, target.removeprefix("/v1.45"), headers, _read_body(file, headers))


def _read_body(file: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("expect"):
        return b""
    if headers.get("transfer-encoding") != "chunked":
        return file.read(int(headers.get("content-length", "0")))
    body = b""
    while size := int(file.readline(), 16):
        body += file.read(size)
        file.readline()
    file.readline()
    return body
