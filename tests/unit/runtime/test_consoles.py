"""Streams whose other side does not read."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from wherry.runtime.consoles import MonitorConsole, PipeConsole

MUCH = bytes(1 << 20)


async def is_stuck(writing: asyncio.Task[None]) -> bool:
    _done, waiting = await asyncio.wait([writing], timeout=0.05)
    return bool(waiting)


def test_closing_a_monitors_streams_ends_a_write_that_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as monitor:
            monitor.bind(str(tmp_path / "attach"))
            monitor.listen()
            console = MonitorConsole(tmp_path)
            writing = asyncio.create_task(console.write(MUCH))
            assert await is_stuck(writing)
            console.close()
            await asyncio.wait_for(writing, 30)

    asyncio.run(scenario())


def test_closing_a_sessions_streams_ends_a_write_that_waits() -> None:
    async def scenario() -> None:
        pipes = [os.pipe() for _ in range(3)]
        (stdin, our_stdin), (our_stdout, stdout), (our_stderr, stderr) = pipes
        console = PipeConsole(our_stdin, our_stdout, our_stderr, lambda: True)
        writing = asyncio.create_task(console.write(MUCH))
        assert await is_stuck(writing)
        console.close()
        await asyncio.wait_for(writing, 30)
        for fd in (stdin, stdout, stderr):
            os.close(fd)

    asyncio.run(scenario())


@pytest.mark.parametrize("failed", [True, False])
def test_what_a_runtime_said_counts_only_if_the_command_ran(failed: bool) -> None:
    async def scenario() -> bytes:
        pipes = [os.pipe() for _ in range(2)]
        (our_stdout, stdout), (our_stderr, stderr) = pipes
        console = PipeConsole(None, our_stdout, our_stderr, lambda: False)
        reading = asyncio.create_task(console.read())
        os.write(stderr, b"complaint")
        await asyncio.sleep(0)
        console.end(failed=failed)
        _stream, data = await asyncio.wait_for(reading, 30)
        console.close()
        os.close(stdout)
        os.close(stderr)
        return data

    assert asyncio.run(scenario()) == (b"" if failed else b"complaint")
