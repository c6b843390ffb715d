"""Clients that ask and do not read what they are told, and what they cost the engine."""

import json
import os
import socket
from pathlib import Path

from tests.harness.engine import TIMEOUT, Engine


class Caller:
    """A connection to the engine: what it is told waits until the test takes it."""

    def __init__(self, engine: Engine) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT)
        self._socket.connect(str(engine.socket))

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, method: str, target: str, body: object = None, *, upgrade: bool = False) -> None:
        """Send the next request."""
        content = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {target} HTTP/1.1", "Host: engine", f"Content-Length: {len(content)}"]
        head += ["Content-Type: application/json"]
        head += ["Connection: Upgrade", "Upgrade: tcp"] * upgrade
        self._socket.sendall("\r\n".join([*head, "", ""]).encode() + content)

    def read(self, size: int = 1 << 16) -> bytes:
        """The next bytes of the answer, b"" at its end."""
        return self._socket.recv(size)

    def rest(self) -> bytes:
        """All that comes until the engine closes the connection."""
        return b"".join(iter(self.read, b""))

    def answer(self) -> tuple[int, bytes]:
        """Status and body of an answer that comes in one piece."""
        head, _, body = self.read().partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def leave(self) -> None:
        self._socket.close()


class Unread(Caller):
    """A request, sent."""

    def __init__(self, engine: Engine, method: str, target: str, body: object = None, *, upgrade: bool = False) -> None:
        super().__init__(engine)
        self.ask(method, target, body, upgrade=upgrade)


def daemon(engine: Engine) -> int:
    """The engine's process; what the harness started may be a program around it."""
    return int((engine.exec_root / "engine.pid").read_text())


def resident(engine: Engine) -> int:
    """Bytes of memory that are the daemon's own (Pss)."""
    for line in Path(f"/proc/{daemon(engine)}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the daemon has no memory")


def open_files(engine: Engine) -> int:
    return len(os.listdir(f"/proc/{daemon(engine)}/fd"))
