"""A body that somebody else reads: from the connection itself."""

import asyncio
import os
import select
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from http_peer import serving

from wherry.api.http import Request, Response, json_response
from wherry.framing import decoder_of
from wherry.model.lent import Lent

Run = Callable[[Coroutine[Any, Any, None]], None]
BODY = os.urandom(3 << 20)
HEAD = b"POST / HTTP/1.1\r\nHost: d\r\n"


def chunked(body: bytes) -> bytes:
    pieces = (body[at : at + 32_768] for at in range(0, len(body), 32_768))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


WHOLE = {
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY),
    "counted": HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
}


def read(lent: Lent) -> bytes:
    """The whole body, or what comes of it before the client goes."""
    decoder = decoder_of(lent.framing)
    body, _ = decoder.feed(lent.begun)
    while not decoder.complete:
        select.select([lent.fd], [], [])
        data = os.read(lent.fd, 1 << 18)
        if not data:
            break
        body += decoder.feed(data)[0]
    return body


async def lend(request: Request) -> Response:
    """Says how much of the right body came, and whether by the lent connection."""
    with request.body.lent() as lent:
        body = await asyncio.to_thread(read, lent) if lent else await request.read()
    return json_response([lent is not None, BODY.startswith(body), len(body)])


@pytest.mark.parametrize("framing", WHOLE)
def test_who_is_lent_the_connection_gets_the_whole_body(run: Run, socket_path: Path, framing: str) -> None:
    async def scenario() -> None:
        async with serving(lend, socket_path) as served:
            peer = await served.connect()
            peer.send(WHOLE[framing])
            answer = await peer.answer()
            assert answer.body.strip() == b"[true,true,%d]" % len(BODY)
            assert answer.headers["connection"] == "close"
            assert await peer.rest() == b""

    run(scenario())


def test_what_has_come_already_is_not_lent_and_the_connection_lives_on(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(lend, socket_path) as served:
            peer = await served.connect()
            for _ in range(2):
                peer.post("/", BODY[:10])
                assert (await peer.answer()).body.strip() == b"[false,true,10]"

    run(scenario())


def test_a_client_that_waits_to_be_asked_for_the_body(run: Run, socket_path: Path) -> None:
    async def scenario() -> None:
        async with serving(lend, socket_path) as served:
            peer = await served.connect()
            peer.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n")
            assert (await peer.head()).status == 100
            peer.send(BODY[:10])
            assert (await peer.answer()).body.strip() == b"[true,true,10]"

    run(scenario())


def test_who_goes_afterwards_is_noticed(run: Run, socket_path: Path) -> None:
    cancelled = asyncio.Event()

    async def linger(request: Request) -> Response:
        answer = await lend(request)
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return answer

    async def scenario() -> None:
        async with serving(linger, socket_path) as served:
            peer = await served.connect()
            peer.send(WHOLE["counted"][: 2 << 20])
            await peer.writer.drain()
            await peer.close()
            await asyncio.wait_for(cancelled.wait(), 30)

    run(scenario())
