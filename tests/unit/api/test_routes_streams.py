"""Attach, exec and logs over the API: bytes both ways, on real sockets."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.api.client import UPGRADE, api
from tests.unit.api.fakes import FakeAttachment, FakeEngine
from tests.unit.api.http_server.http_peer import Peer
from tests.unit.api.samples import RUNNING, SECOND

from wherry.errors import CommandNotFound, Conflict
from wherry.model.log import LogLine
from wherry.wire.frames import frame

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
ALL = {"stream": "1", "stdin": "1", "stdout": "1", "stderr": "1"}


async def soon(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 30)


def use_tty(engine: FakeEngine) -> None:
    engine.containers.table[RUNNING.id] = replace(RUNNING, spec=replace(RUNNING.spec, tty=True))
    engine.containers.attachment = FakeAttachment(tty=True)


async def expect(peer: Peer, data: bytes) -> None:
    assert await asyncio.wait_for(peer.reader.readexactly(len(data)), 5) == data


# --- attach ----------------------------------------------------------------------------------------------------------


async def test_attach_frames_output_and_passes_input(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        attachment = engine.containers.attachment
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, **ALL, detachKeys="ctrl-x")
        head = await peer.head()
        assert (head.status, head.reason, head.headers["content-type"]) == (101, "UPGRADED", MULTIPLEXED)
        assert engine.containers.asked == {
            "container": "web", "stdin": True, "stdout": True, "stderr": True,
            "stream": True, "logs": False, "detach_keys": "ctrl-x",
        }  # fmt: skip
        attachment.say(1, b"out")
        attachment.say(2, b"err")
        await expect(peer, frame(1, b"out") + frame(2, b"err"))
        peer.send(b"typed")
        peer.writer.write_eof()
        await soon(attachment.stdin_closed)
        assert attachment.typed == b"typed"
        attachment.say(1, b"more")
        attachment.end()
        assert await peer.rest() == frame(1, b"more")
        assert attachment.left.is_set()


async def test_attach_to_a_terminal_is_raw(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        use_tty(engine)
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, **ALL)
        assert (await peer.head()).headers["content-type"] == RAW
        engine.containers.attachment.say(1, b"$ ")
        await expect(peer, b"$ ")


async def test_a_client_that_asks_for_no_upgrade_gets_the_stream_too(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.containers.attachment.say(1, b"x")
        engine.containers.attachment.end()
        peer = await client.send("POST", "/containers/web/attach", stdout="1", stream="1")
        head = await peer.head()
        assert (head.status, head.headers["content-type"]) == (200, RAW)
        assert await peer.rest() == frame(1, b"x")


async def test_detaching_ends_the_connection_and_not_the_input(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, **ALL)
        await peer.head()
        peer.send(b"\x10\x11")
        assert await asyncio.wait_for(peer.rest(), 5) == b""
        assert engine.containers.attachment.left.is_set()
        assert not engine.containers.attachment.stdin_closed.is_set()


async def test_a_client_that_vanishes_leaves(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, **ALL)
        await peer.head()
        peer.writer.transport.abort()
        await soon(engine.containers.attachment.left)


async def test_input_is_dropped_if_it_was_not_asked_for(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        attachment = engine.containers.attachment
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, stdout="1", stream="1")
        await peer.head()
        peer.send(b"typed")
        peer.writer.write_eof()
        attachment.say(1, b"out")
        await expect(peer, frame(1, b"out"))
        attachment.end()
        assert await peer.rest() == b""
        assert attachment.typed == b"" and not attachment.stdin_closed.is_set()


async def test_a_client_that_does_not_read_holds_the_output_up(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        attachment, pieces = engine.containers.attachment, 400
        for _ in range(pieces):
            attachment.say(1, b"x" * 65536)
        attachment.end()
        peer = await client.send("POST", "/containers/web/attach", None, *UPGRADE, **ALL)
        await peer.head()
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        reads = -1
        while reads != attachment.reads:
            reads = attachment.reads
            await asyncio.sleep(0.1)
        assert 0 < reads < pieces
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await peer.rest()) == pieces * (65536 + 8)


async def test_attach_tells_errors_with_their_status(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("POST", "/containers/nobody/attach", None, *UPGRADE, **ALL)
        assert (answer.status, answer.message) == (404, "No such container: nobody")


# --- exec ------------------------------------------------------------------------------------------------------------

SH = {"Cmd": ["sh"], "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "DetachKeys": "ctrl-a"}


async def test_an_exec_session(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        session = (await client.json("POST", "/containers/web/exec", SH, status=201))["Id"]
        before = await client.json("GET", f"/exec/{session}/json")
        assert before == {
            "ID": session, "Running": False, "ExitCode": None,
            "ProcessConfig": {"tty": False, "entrypoint": "sh", "arguments": [], "privileged": False},
            "OpenStdin": True, "OpenStderr": True, "OpenStdout": True, "CanRemove": False,
            "ContainerID": RUNNING.id, "DetachKeys": "ctrl-a", "Pid": 0,
        }  # fmt: skip
        peer = await client.send("POST", f"/exec/{session}/start", {"ConsoleSize": [30, 90]}, *UPGRADE)
        head = await peer.head()
        assert (head.status, head.headers["content-type"]) == (101, MULTIPLEXED)
        peer.send(b"ls\n")
        peer.writer.write_eof()
        await soon(engine.execs.attachment.stdin_closed)
        assert engine.execs.attachment.typed == b"ls\n"
        assert (await client.json("GET", "/containers/web/json"))["ExecIDs"] == [session]
        engine.execs.attachment.say(1, b"bin\n")
        engine.execs.attachment.end()
        assert await peer.rest() == frame(1, b"bin\n")
        assert engine.execs.sizes == [(30, 90)]


async def test_the_head_comes_before_the_command_runs(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        session = (await client.json("POST", "/containers/web/exec", SH, status=201))["Id"]
        engine.execs.may_start.clear()
        peer = await client.send("POST", f"/exec/{session}/start", {}, *UPGRADE)
        assert (await peer.head()).status == 101
        engine.execs.may_start.set()
        engine.execs.attachment.end()
        assert await peer.rest() == b""


async def test_a_detached_session(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        session = (await client.json("POST", "/containers/web/exec", {"Cmd": "true"}, status=201))["Id"]
        answer = await client.ask("POST", f"/exec/{session}/start", {"Detach": True})
        assert (answer.status, answer.body) == (200, b"")


async def test_attached_clients_learn_of_failures_in_the_stream(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.execs.failure = CommandNotFound('exec: "nope": executable file not found in $PATH')
        session = (await client.json("POST", "/containers/web/exec", {"Cmd": ["nope"]}, status=201))["Id"]
        peer = await client.send("POST", f"/exec/{session}/start", {}, *UPGRADE)
        assert (await peer.head()).status == 101
        assert await peer.rest() == frame(1, b'exec: "nope": executable file not found in $PATH\r\n')
        assert (await client.json("GET", f"/exec/{session}/json"))["ExitCode"] == 127
        text = await client.message(400, "POST", f"/exec/{session}/start", {"Detach": True})
        assert text == 'exec: "nope": executable file not found in $PATH'


async def test_a_failure_in_a_terminal_is_not_framed(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.execs.failure = Conflict("has already run")
        session = (await client.json("POST", "/containers/web/exec", {**SH, "Tty": True}, status=201))["Id"]
        peer = await client.send("POST", f"/exec/{session}/start", {"Tty": True}, *UPGRADE)
        assert (await peer.head()).headers["content-type"] == RAW
        assert await peer.rest() == b"has already run\r\n"


async def test_exec_refuses(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(404, "POST", "/containers/no/exec", SH) == "No such container: no"
        assert await client.message(404, "POST", "/exec/no/start", {}) == "No such exec instance: no"
        assert await client.message(404, "GET", "/exec/no/json") == "No such exec instance: no"
        assert (await client.ask("POST", "/exec/no/resize", h="1", w="1")).status == 404


# --- logs ------------------------------------------------------------------------------------------------------------

LINES = [
    LogLine(1, "2026-01-01T00:00:00.000000001Z", b"one\n"),
    LogLine(1, "2026-01-01T00:00:00.000000002Z", b"two\n"),
    LogLine(2, "2026-01-01T00:00:00.000000003Z", b"oops\n"),
]


async def test_logs(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.containers.lines = LINES
        answer = await client.ask("GET", "/containers/web/logs", stdout="1", stderr="1", tail="10", since="5.5")
        assert answer.headers["content-type"] == MULTIPLEXED
        assert answer.body == frame(1, b"one\n") + frame(1, b"two\n") + frame(2, b"oops\n")
        (which,) = engine.containers.ranges
        assert (which.stdout, which.stderr, which.tail, which.since, which.until) == (
            True,
            True,
            10,
            55 * SECOND // 10,
            0,
        )


@pytest.mark.parametrize("client_name", ["Docker-Client/26.1.5 (linux)", "wherry"])
async def test_command_lines_get_lines_of_a_stream_in_one_frame(tmp_path: Path, client_name: str) -> None:
    async with api(tmp_path) as (engine, client):
        engine.containers.lines = LINES
        agent = f"User-Agent: {client_name}"
        answer = await client.ask("GET", "/containers/web/logs", None, agent, stdout="1", stderr="1")
        assert answer.body == frame(1, b"one\ntwo\n") + frame(2, b"oops\n")


async def test_logs_with_times_have_a_frame_a_line(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.containers.lines = LINES
        answer = await client.ask("GET", "/containers/web/logs", stdout="1", timestamps="1", tail="all")
        assert answer.body == b"".join(frame(line.stream, f"{line.time} ".encode() + line.data) for line in LINES)
        assert engine.containers.ranges[0].tail is None
        await client.ask("GET", "/containers/web/logs", stdout="1", tail="9" * 5000)
        assert engine.containers.ranges[1].tail is None


async def test_following_logs_come_as_they_are_written(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.containers.lines = LINES
        peer = await client.send("GET", "/containers/web/logs", stdout="1", follow="1")
        await peer.head()
        assert await peer.chunk() == frame(1, b"one\n") + frame(1, b"two\n") + frame(2, b"oops\n")
        engine.containers.followed.put_nowait(LogLine(1, "", b"later\n"))
        assert await asyncio.wait_for(peer.chunk(), 5) == frame(1, b"later\n")
        engine.containers.followed.put_nowait(None)
        assert await peer.chunk() == b""


async def test_logs_of_a_terminal_are_raw(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        use_tty(engine)
        engine.containers.lines = LINES[:2]
        answer = await client.ask("GET", "/containers/web/logs", stdout="1")
        assert (answer.headers["content-type"], answer.body) == (RAW, b"one\ntwo\n")


@pytest.mark.parametrize(
    ("name", "query", "status", "text"),
    [
        ("web", {}, 400, "Bad parameters: you must choose at least one stream"),
        ("no", {"stdout": "1"}, 404, "No such container: no"),
        ("web", {"stdout": "1", "since": "1h"}, 400, 'strconv.ParseInt: parsing "1h": invalid syntax'),
    ],
)
async def test_logs_refuse(tmp_path: Path, name: str, query: dict[str, str], status: int, text: str) -> None:
    async with api(tmp_path) as (_, client):
        answer = await client.ask("GET", f"/containers/{name}/logs", **query)
        assert (answer.status, answer.message) == (status, text)
