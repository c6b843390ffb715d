"""HTTP/2: how a peer that breaks its rules is sent away, and what it may ask for."""

import asyncio

import pytest
from wire import Typed, opened, served

from wherry.buildkit.grpc import server
from wherry.buildkit.grpc.server import Call
from wherry.buildkit.http2 import ErrorCode, sending
from wherry.buildkit.http2.connection import MAX_STREAMS
from wherry.buildkit.http2.frames import MAX_WINDOW, FrameType, Setting, frame, head, reset, settings, window_update
from wherry.buildkit.http2.stream import WINDOW


async def wait(call: Call) -> None:
    await asyncio.Event().wait()


HANDLERS = {"/test/wait": wait}
CONTINUATION = frame(FrameType.CONTINUATION, 0, 1, b"")
FULL = frame(FrameType.DATA, 0, 1, bytes(16384))

BROKEN = {
    "no frame": (ErrorCode.FRAME_SIZE_ERROR, b"GET / HTTP/1.1\r\n\r\n"),
    "a long frame": (ErrorCode.FRAME_SIZE_ERROR, head(FrameType.DATA, 0, 1, 16385)),
    "data of no stream": (ErrorCode.PROTOCOL_ERROR, frame(FrameType.DATA, 0, 0, b"x")),
    "data of a stream that was not opened": (ErrorCode.PROTOCOL_ERROR, frame(FrameType.DATA, 0, 1, b"x")),
    "an even number": (ErrorCode.PROTOCOL_ERROR, opened(2)),
    "headers of no stream": (ErrorCode.PROTOCOL_ERROR, opened(0)),
    "headers that go on without a beginning": (ErrorCode.PROTOCOL_ERROR, CONTINUATION),
    "headers that are broken off": (ErrorCode.PROTOCOL_ERROR, opened(flags=0) + frame(FrameType.PING, 0, 0, bytes(8))),
    "headers without end": (ErrorCode.ENHANCE_YOUR_CALM, opened(flags=0) + CONTINUATION * 64),
    "headers that are none": (ErrorCode.COMPRESSION_ERROR, frame(FrameType.HEADERS, 0x4, 1, b"\xff" * 9)),
    "more padding than data": (ErrorCode.PROTOCOL_ERROR, opened() + frame(FrameType.DATA, 0x8, 1, b"\x05abc")),
    "more data than was allowed": (ErrorCode.FLOW_CONTROL_ERROR, opened() + FULL * (WINDOW // 16384 + 1)),
    "a window too large": (ErrorCode.FLOW_CONTROL_ERROR, window_update(0, MAX_WINDOW)),
    "a short ping": (ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.PING, 0, 0, b"x")),
    "settings cut off": (ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.SETTINGS, 0, 0, b"x")),
    "a push": (ErrorCode.PROTOCOL_ERROR, opened() + frame(FrameType.PUSH_PROMISE, 0x4, 1, bytes(4))),
}


@pytest.mark.parametrize(("code", "sent"), BROKEN.values(), ids=BROKEN.keys())
async def test_who_breaks_the_rules_is_sent_away(code: ErrorCode, sent: bytes) -> None:
    async with served(HANDLERS) as (end, calls):
        peer = Typed(end)
        await peer.send(sent)
        _, payload = await peer.until(FrameType.GOAWAY)
        await asyncio.sleep(0)
        assert ErrorCode(int.from_bytes(payload[4:8], "big")) == code
        assert not calls.tasks


async def test_who_does_not_speak_http2_is_sent_away() -> None:
    async with served(HANDLERS) as (end, _):
        await asyncio.get_running_loop().sock_sendall(end, b"GET / HTTP/1.1\r\n\r\n")
        _, payload = await Typed(end).until(FrameType.GOAWAY)
        assert payload[8:] == b"no preface of HTTP/2"


async def test_a_ping_is_answered() -> None:
    async with served(HANDLERS) as (end, _):
        peer = Typed(end)
        await peer.send(frame(FrameType.PING, 0, 0, b"12345678"))
        assert await peer.until(FrameType.PING) == (0, b"12345678")


async def test_so_many_calls_at_a_time_and_no_more() -> None:
    async with served(HANDLERS) as (end, calls):
        peer = Typed(end)
        await peer.send(*(opened(1 + 2 * number) for number in range(MAX_STREAMS + 1)))
        number, payload = await peer.until(FrameType.RST_STREAM)
        assert (number, payload[-1]) == (1 + 2 * MAX_STREAMS, ErrorCode.REFUSED_STREAM)
        assert len(calls.tasks) == MAX_STREAMS


async def test_calls_that_were_given_up_count_until_they_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reluctant(call: Call) -> None:
        try:
            await wait(call)
        finally:
            await wait(call)

    monkeypatch.setattr(server, "_MOST_CALLS", 2)
    async with served({"/test/wait": reluctant}) as (end, calls):
        peer = Typed(end)
        await peer.send(opened(1), opened(3))
        await peer.until(FrameType.HEADERS)
        await peer.until(FrameType.HEADERS)
        await asyncio.get_running_loop().sock_sendall(end, reset(1, ErrorCode.CANCEL) + opened(5))
        number, payload = await peer.until(FrameType.RST_STREAM)
        assert (number, payload[-1]) == (5, ErrorCode.REFUSED_STREAM)
        for task in tuple(calls.tasks) * 2:
            task.cancel()
            await asyncio.sleep(0)


ASKED_FOR_AN_ANSWER = {
    "a ping": frame(FrameType.PING, 0, 0, bytes(8)),
    "padding": frame(FrameType.DATA, 0x8, 1, b"\0"),
    "settings": settings({}),
}


@pytest.mark.parametrize("asked", ASKED_FOR_AN_ANSWER.values(), ids=ASKED_FOR_AN_ANSWER.keys())
async def test_who_reads_no_answers_is_sent_away(asked: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_MAX_UNSENT", 1000)
    async with served(HANDLERS, room=1) as (end, _):
        await Typed(end).send(opened())
        with pytest.raises(ConnectionError):
            for _ in range(200):
                await asyncio.get_running_loop().sock_sendall(end, asked * 100)
                await asyncio.sleep(0)


async def test_a_peer_may_change_its_mind_about_the_table_of_headers_any_number_of_times() -> None:
    async with served(HANDLERS) as (end, _):
        peer = Typed(end)
        changes = (settings({Setting.HEADER_TABLE_SIZE: size}) for size in (4096, 0) * 500)
        await peer.send(*changes, settings({Setting.HEADER_TABLE_SIZE: 100}), opened())
        _, block = await peer.until(FrameType.HEADERS)
        assert block[:3] == b"\x20\x3f\x45"  # updates to 0 and to 100
        assert len(block) < 50


async def test_nothing_is_sent_that_the_peer_does_not_take() -> None:
    async def much(call: Call) -> None:
        await call.send(bytes(1000))

    async with served({"/test/wait": much}) as (end, _):
        peer = Typed(end)
        await peer.send(settings({Setting.INITIAL_WINDOW_SIZE: 600}), opened())
        _, first = await peer.until(FrameType.DATA)
        await asyncio.get_running_loop().sock_sendall(end, window_update(1, 500))
        _, rest = await peer.until(FrameType.DATA)
        assert (len(first), len(rest)) == (600, 405)
