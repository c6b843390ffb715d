"""A WebSocket client of a few lines, at an engine's socket."""

import base64
import os
import socket
from pathlib import Path

BINARY, CLOSE, PING, PONG = 0x2, 0x8, 0x9, 0xA


class WebSocketClient:
    """Joined when it is made; ``status`` is the answer's, ``body`` what came with a refusal."""

    def __init__(self, path: Path, target: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(path))
        key = base64.b64encode(os.urandom(16)).decode()
        head = f"GET {target} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        self._socket.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value

    def send(self, data: bytes, opcode: int = BINARY) -> None:
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self._socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def receive(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        first, second = self._file.read(2)
        length = second & 0x7F
        if length > 125:
            length = int.from_bytes(self._file.read(2 if length == 126 else 8))
        return first & 0xF, self._file.read(length)

    def output(self) -> bytes:
        """All that is said until the engine closes."""
        said = b""
        while (frame := self.receive())[0] != CLOSE:
            said += frame[1]
        return said

    def close(self) -> None:
        self._file.close()
        self._socket.close()
