"""Calls, by both of our ends."""

import asyncio

import pytest
from wire import called

from wherry.buildkit.grpc.client import ask, begin
from wherry.buildkit.grpc.metadata import failure
from wherry.buildkit.grpc.server import Call
from wherry.buildkit.http2.stream import WINDOW
from wherry.buildkit.status import CallFailed, Code


async def test_messages_of_any_size_go_both_ways() -> None:
    async def echo(call: Call) -> None:
        assert call.metadata == {"key": ("a", "b")}
        while (message := await call.receive()) is not None:
            await call.send(message)

    sent = [b"", b"x", bytes(3 * WINDOW), b"last"]
    async with called({"/test/echo": echo}) as (connection, _):
        async with begin(connection, "/test/echo", {"key": ("a", "b")}) as call:
            for message in sent:
                await call.send(message)
                assert await call.receive() == message
            await call.end()
            assert await call.receive() is None


async def test_a_reader_that_is_slow_holds_its_sender_up() -> None:
    sent = 0

    async def flood(call: Call) -> None:
        nonlocal sent
        for _ in range(40):
            await call.send(bytes(WINDOW // 8))
            sent += 1

    async with called({"/test/flood": flood}) as (connection, _):
        async with begin(connection, "/test/flood", {}) as call:
            await call.receive()
            for _ in range(50):
                await asyncio.sleep(0)
            assert sent < 20
            received = 1
            while await call.receive() is not None:
                received += 1
            assert received == 40


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("/test/refused", Code.NOT_FOUND, "grüße, 100 %\nline"),
        ("/test/broken", Code.INTERNAL, "ZeroDivisionError: division by zero"),
        ("/test/none", Code.UNIMPLEMENTED, "unknown method none for service test"),
    ],
)
async def test_how_a_call_fails(path: str, code: Code, text: str) -> None:
    async def refused(call: Call) -> None:
        raise CallFailed(Code.NOT_FOUND, "grüße, 100 %\nline", b"\x00details")

    async def broken(call: Call) -> None:
        _ = 1 / 0

    async with called({"/test/refused": refused, "/test/broken": broken}) as (connection, _):
        with pytest.raises(CallFailed) as caught:
            await ask(connection, path, b"")
        assert (caught.value.code, str(caught.value)) == (code, text)
        assert caught.value.details == (b"\x00details" if code == Code.NOT_FOUND else b"")


@pytest.mark.parametrize("whole", [False, True], ids=["a call", "the connection"])
async def test_who_leaves_ends_what_was_begun(whole: bool) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait(call: Call) -> None:
        begun.set()
        try:
            await call.receive()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with called({"/test/wait": wait}) as (connection, _):
        async with begin(connection, "/test/wait", {}) as call:
            await begun.wait()
            if whole:
                connection.close()
                with pytest.raises(CallFailed):
                    await call.receive()
        await ended.wait()


@pytest.mark.parametrize("status", ["99", "9" * 5000, "no number", ""])
def test_an_end_without_a_known_code_is_a_failure(status: str) -> None:
    error = failure(((":status", "502"), ("grpc-status", status)))
    assert error is not None
    assert error.code == Code.UNKNOWN


def test_details_that_are_none_are_left_out() -> None:
    error = failure((("grpc-status", "5"), ("grpc-message", "gone"), ("grpc-status-details-bin", "\xff")))
    assert error is not None
    assert (error.code, str(error), error.details) == (Code.NOT_FOUND, "gone", b"")
