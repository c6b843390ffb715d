"""Hubs: many clients, one console."""

import asyncio
from collections import deque

import pytest

from wherry.engine.containers.output.streams import Detached, Hub


class FakeConsole:
    """A console whose output the test says, and whose input it sees."""

    def __init__(self) -> None:
        self.output: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self.written = b""
        self.stdin_closed = False
        self.closed = False
        self.sizes: deque[tuple[int, int]] = deque()

    async def read(self) -> tuple[int, bytes]:
        return await self.output.get()

    async def write(self, data: bytes) -> None:
        self.written += data

    async def close_stdin(self) -> None:
        self.stdin_closed = True

    async def resize(self, height: int, width: int) -> None:
        self.sizes.append((height, width))

    def close(self) -> None:
        self.closed = True


class SlowConsole(FakeConsole):
    """Takes a byte at a time."""

    async def write(self, data: bytes) -> None:
        for byte in data:
            await asyncio.sleep(0)
            self.written += bytes((byte,))


def make_hub(*, tty: bool = False, stdin_once: bool = True, pinned: bool = False) -> Hub:
    return Hub(tty=tty, stdin_once=stdin_once, pinned=pinned, left=lambda: None)


async def test_every_client_sees_all_output_and_the_end() -> None:
    hub, console = make_hub(), FakeConsole()
    clients = [hub.attach(stdout=True, stderr=True, keys=b"") for _ in range(2)]
    hub.connect(console)
    for item in ((1, b"out"), (2, b"err"), (0, b"")):
        console.output.put_nowait(item)
    for client in clients:
        assert [await client.read() for _ in range(3)] == [(1, b"out"), (2, b"err"), (0, b"")]


async def test_a_client_gets_only_the_streams_it_asked_for() -> None:
    hub, console = make_hub(), FakeConsole()
    client = hub.attach(stdout=False, stderr=True, keys=b"")
    hub.connect(console)
    for item in ((1, b"out"), (2, b"err"), (0, b"")):
        console.output.put_nowait(item)
    assert [await client.read(), await client.read()] == [(2, b"err"), (0, b"")]


async def test_input_typed_before_the_start_waits_for_it() -> None:
    hub, console = make_hub(), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"")
    typing = asyncio.create_task(client.write(b"early"))
    await asyncio.sleep(0)
    hub.connect(console)
    await typing
    assert console.written == b"early"


async def test_a_client_that_does_not_read_holds_the_writer_up_and_loses_nothing() -> None:
    hub, console = make_hub(), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"")
    hub.connect(console)
    chunk = b"x" * 65536
    for _ in range(100):
        console.output.put_nowait((1, chunk))
    console.output.put_nowait((0, b""))
    for _ in range(500):  # as many turns of the loop as reading it all would take
        await asyncio.sleep(0)
    assert console.output.qsize() > 90, "the hub read on although nobody took the output"
    total = 0
    while (item := await client.read())[0]:
        total += len(item[1])
    assert total == 100 * len(chunk)


async def test_a_client_that_leaves_holds_nobody_up() -> None:
    hub, console = make_hub(), FakeConsole()
    slow, quick = (hub.attach(stdout=True, stderr=True, keys=b"") for _ in range(2))
    hub.connect(console)
    for _ in range(20):
        console.output.put_nowait((1, b"x" * 65536))
    console.output.put_nowait((0, b""))
    reading = asyncio.create_task(read_all(quick))
    await asyncio.sleep(0)
    slow.close()
    assert len(await asyncio.wait_for(reading, 5)) == 20 * 65536


async def read_all(client: object) -> bytes:
    data = b""
    while (item := await client.read())[0]:  # type: ignore[attr-defined]
        data += item[1]
    return data


async def test_detach_keys_take_one_client_away_and_are_not_typed() -> None:
    hub, console = make_hub(tty=True), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"\x10\x11")
    hub.connect(console)
    with pytest.raises(Detached):
        await client.write(b"ls\n\x10\x11")
    assert console.written == b"ls\n"
    assert not console.stdin_closed


async def test_without_a_terminal_there_are_no_detach_keys() -> None:
    hub, console = make_hub(tty=False), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"\x10\x11")
    hub.connect(console)
    await client.write(b"\x10\x11")
    assert console.written == b"\x10\x11"


@pytest.mark.parametrize("once", [True, False])
async def test_the_end_of_input_reaches_a_process_that_was_promised_to_one_client(once: bool) -> None:
    hub, console = make_hub(stdin_once=once), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"")
    hub.connect(console)
    await client.close_stdin()
    assert console.stdin_closed is once


async def test_the_console_is_let_go_with_the_last_client_unless_it_is_pinned() -> None:
    for pinned in (False, True):
        hub, console = make_hub(pinned=pinned), FakeConsole()
        first, last = (hub.attach(stdout=True, stderr=True, keys=b"") for _ in range(2))
        hub.connect(console)
        first.close()
        assert not console.closed
        last.close()
        for _ in range(3):
            await asyncio.sleep(0)
        assert console.closed is not pinned


async def test_the_end_of_a_pinned_hub_is_told_by_its_owner() -> None:
    hub, console = make_hub(pinned=True), FakeConsole()
    client = hub.attach(stdout=True, stderr=True, keys=b"")
    hub.connect(console)
    console.output.put_nowait((1, b"last"))
    console.output.put_nowait((0, b""))
    await hub.finished()
    assert await client.read() == (1, b"last")
    reading = asyncio.create_task(client.read())
    await asyncio.sleep(0)
    assert not reading.done()
    hub.end()
    assert await reading == (0, b"")


async def test_clients_of_a_start_that_failed_see_the_end() -> None:
    hub = make_hub()
    client = hub.attach(stdout=True, stderr=True, keys=b"")
    hub.end()
    assert await client.read() == (0, b"")


async def test_a_console_is_written_by_one_client_at_a_time() -> None:
    hub, console = make_hub(), SlowConsole()
    one, other = (hub.attach(stdout=True, stderr=True, keys=b"") for _ in range(2))
    hub.connect(console)
    await asyncio.gather(one.write(b"aaaa"), other.write(b"bbbb"))
    assert console.written in (b"aaaabbbb", b"bbbbaaaa")
