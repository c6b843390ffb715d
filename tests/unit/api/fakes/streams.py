"""What a client of a container or of a session is joined to."""

import asyncio

from wherry.engine.containers.output.streams import Detached


class FakeAttachment:
    """Output that a test puts in, input that it can look at. ``detach`` is what the client types to leave."""

    def __init__(self, *, tty: bool = False, detach: bytes = b"\x10\x11") -> None:
        self.tty = tty
        self.typed = bytearray()
        self.stdin_closed = asyncio.Event()
        self.left = asyncio.Event()
        self.reads = 0
        self._detach = detach
        self._output: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    def say(self, stream: int, data: bytes) -> None:
        self._output.put_nowait((stream, data))

    def end(self) -> None:
        self._output.put_nowait((0, b""))

    async def read(self) -> tuple[int, bytes]:
        self.reads += 1
        return await self._output.get()

    async def write(self, data: bytes) -> None:
        if data == self._detach:
            raise Detached
        self.typed += data

    async def close_stdin(self) -> None:
        self.stdin_closed.set()

    def close(self) -> None:
        self.left.set()
