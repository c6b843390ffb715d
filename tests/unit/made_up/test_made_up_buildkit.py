"""Whatever bytes a client of BuildKit's protocol sends are read or refused, and no other connection minds."""

import asyncio
from typing import Any

from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from wherry.buildkit.grpc.server import Call, Server
from wherry.buildkit.http2 import PREFACE, Connection
from wherry.buildkit.http2.frames import frame
from wherry.buildkit.messages.control import SolveRequest
from wherry.buildkit.messages.gateway import ReturnRequest
from wherry.buildkit.protobuf import decode
from wherry.errors import InvalidArgument

BLOCKS = st.sampled_from(
    [
        Encoder().encode([(":method", "POST"), (":path", "/test/echo"), ("content-type", "application/grpc")]),
        Encoder().encode([(":method", "GET"), (":path", "*"), ("x" * 70, "\x00" * 9)]),
    ]
)
PAYLOADS = BLOCKS | st.binary(max_size=40) | st.sampled_from([b"\0\0\0\0\x05hello", b"\0\xff\xff\xff\xff", bytes(4)])
FRAMES = st.builds(frame, st.integers(0, 12), st.integers(0, 255), st.sampled_from([0, 1, 2, 3, 5]), PAYLOADS)


class Silent(asyncio.Transport):
    """Takes everything, and says what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed

    def writelines(self, list_of_data: Any) -> None:
        assert not self.closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True


async def echo(call: Call) -> None:
    while (message := await call.receive()) is not None:
        await call.send(message)


@given(st.lists(FRAMES | st.binary(max_size=20), max_size=12))
def test_any_frames_are_taken_or_end_the_connection(frames: list[bytes]) -> None:
    async def scenario() -> None:
        loop, problems = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, context: problems.append(context))
        server, transport = Server({"/test/echo": echo}), Silent()
        connection = Connection(server.accept)
        connection.connection_made(transport)
        for data in (PREFACE, *frames):
            connection.data_received(data)
            await asyncio.sleep(0)
        connection.connection_lost(None)
        if server.tasks:
            await asyncio.wait(server.tasks, timeout=5)
        assert not server.tasks
        assert not problems

    asyncio.run(scenario())


@given(st.sampled_from([SolveRequest, ReturnRequest]), st.binary(max_size=60))
def test_any_message_is_one_or_is_refused(kind: type[SolveRequest | ReturnRequest], data: bytes) -> None:
    try:
        assert isinstance(decode(kind, data), kind)
    except InvalidArgument as error:
        assert str(error).startswith(f"malformed {kind.__name__}: ")
