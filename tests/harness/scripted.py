"""``python -m tests.harness.scripted PORT ANSWERS [STALLING PATH…]``: an HTTP server of fixed answers on loopback."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def serve(port: int, answers: dict[str, tuple[str, str]], stalls: list[str]) -> None:
    """``answers``: path → (media type, body in hexadecimal); those of ``stalls`` stop halfway."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = answers.get(self.path, ("", ""))
            data = bytes.fromhex(body)
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET" and self.path in stalls:
                self.wfile.write(data[: len(data) // 2])
                self.rfile.read()
            elif self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3:])
