"""An HTTP server whose answers a test writes."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Scripted:
    """``scripts`` answer by path. ``seen`` holds method, path and headers of what was asked.

    Served is ``listener``, else a port of its own on loopback.
    """

    def __init__(self, context: ssl.SSLContext | None = None, listener: socket.socket | None = None) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self._connections: set[socket.socket] = set()
        self.scripts: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        listener = listener or socket.create_server(("127.0.0.1", 0))
        self._server = ThreadingHTTPServer(listener.getsockname(), self._handler(), bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._server.daemon_threads = False
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01))
        self.host = "{}:{}".format(*self._server.server_address)
        self.scripts["/v2/"] = answering(200, b"{}")
        self._thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def setup(self) -> None:
                super().setup()
                scripted._connections.add(self.connection)

            def finish(self) -> None:
                scripted._connections.discard(self.connection)
                super().finish()

            def do_GET(self) -> None:
                scripted.seen.append((self.command, self.path, dict(self.headers.items())))
                scripted.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                unknown = answering(404, error_body("MANIFEST_UNKNOWN", "manifest unknown"))
                scripted.scripts.get(self.path.partition("?")[0], unknown)(self)

            do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def asked(self, path: str) -> list[dict[str, str]]:
        """The headers of all requests for ``path``, whatever their query."""
        return [headers for _, target, headers in self.seen if target.partition("?")[0] == path]

    def close(self) -> None:
        """End, with all connections that clients keep open."""
        self._server.shutdown()
        self._thread.join()
        for connection in tuple(self._connections):
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()


def error_body(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": {}}]}).encode()


def answering(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A script that always gives this answer. ``Content_Type`` means Content-Type."""
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in given.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return script
