"""Requests to plugins that answer as they like, or not at all."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.harness.authority import Authority
from tests.harness.plugins import plugin_port

from wherry.errors import InternalError, PluginUnreachable
from wherry.plugins import Plugins
from wherry.plugins.discovery import Folders
from wherry.plugins.exchange import LONGEST

KIND = "VolumeDriver"
ACTIVE = b'HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{"Implements": ["VolumeDriver"]}'
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def behaving(folder: Path, behaviour: Behaviour) -> AsyncIterator[Plugins]:
    """Plugins, of which ``odd`` activates as it should and then behaves in its own way."""
    tasks = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        request = await reader.readuntil(b"\r\n\r\n")
        try:
            if b"Plugin.Activate" in request:
                writer.write(ACTIVE)
                await writer.drain()
            else:
                await behaviour(writer)
        except OSError:
            pass  # who asks has enough
        finally:
            writer.transport.abort()

    server = await asyncio.start_unix_server(serve, str(folder / "odd.sock"))
    try:
        yield Plugins(Folders(folder, ()), pauses=(0.0, 0.0))
    finally:
        server.close()
        for task in tasks - {None}:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def saying(*pieces: bytes) -> Behaviour:
    async def behaviour(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        await asyncio.Event().wait()

    return behaviour


async def ask(plugins: Plugins, *, patience: float = 60.0) -> dict[str, Any]:
    return await plugins.call("odd", KIND, "A.B", {}, dict[str, Any], patience=patience, retry=True)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b'{"a"', b": 1}"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\n", b'{"a": 1}'),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", b'{"a": 1}'),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n", b'{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n'),
    ],
)
async def test_answers_of_all_forms_are_read(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    async with behaving(tmp_path, saying(*pieces)) as plugins:
        assert await ask(plugins) == {"a": 1}


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ((), "EOF"),
        ((b"HTTP/1.1 200 OK\r\nContent-Le",), "unexpected EOF"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",), "unexpected EOF"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",), "unexpected EOF"),
        ((b"hello\r\n\r\n",), "malformed HTTP response"),
        ((b"HTTP/1.1 200 OK\r\nA: ", *[b"a" * (1 << 20)] * (LONGEST // (1 << 20) + 1)), "the answer is longer than"),
        ((b"HTTP/1.1 200 OK\r\n\r\n", *[bytes(1 << 20)] * (LONGEST // (1 << 20) + 1)), "the answer is longer than"),
    ],
)
async def test_what_is_no_answer_is_told(tmp_path: Path, pieces: tuple[bytes, ...], reason: str) -> None:
    async with behaving(tmp_path, saying(*pieces)) as plugins:
        with pytest.raises(PluginUnreachable, match=rf'^Post "http://plugin.moby.localhost/A.B": {reason}'):
            await ask(plugins)


async def test_one_that_hangs_is_left_after_a_while_and_hinders_no_other_question(tmp_path: Path) -> None:
    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with behaving(tmp_path, hang) as plugins:
        with pytest.raises(PluginUnreachable, match="context deadline exceeded"):
            await ask(plugins, patience=0.05)
        waiting = asyncio.create_task(ask(plugins))
        assert await plugins.all(KIND) == ("odd",)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_what_was_asked_is_not_asked_again(tmp_path: Path) -> None:
    asked = 0

    async def die(_: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1

    async with behaving(tmp_path, die) as plugins:
        with pytest.raises(PluginUnreachable):
            await ask(plugins)
    assert asked == 1


@pytest.mark.parametrize("trusts", [True, False])
async def test_a_plugin_by_tls_is_verified_if_there_is_an_authority(tmp_path: Path, trusts: bool) -> None:
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ours.issue("localhost", "DNS:localhost"))
    ca = (ours if trusts else other).certificate
    with plugin_port(lambda method, arguments: {"Implements": [KIND]}, context) as port:
        spec = f'{{"Addr": "https://localhost:{port}", "TLSConfig": {{"CAFile": "{ca}"}}}}'
        (tmp_path / "odd.json").write_text(spec)
        plugins = Plugins(Folders(tmp_path / "none", (tmp_path,)), pauses=())
        if trusts:
            await plugins.require("odd", KIND)
        else:
            with pytest.raises(InternalError, match=r"legacy plugin: .*tls: "):
                await plugins.require("odd", KIND)
