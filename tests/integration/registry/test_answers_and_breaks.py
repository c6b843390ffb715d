"""What registries do wrong: against a server whose answers are scripted."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler

import pytest
from tests.harness.httpserver import Scripted, answering, error_body
from tests.harness.waiting import eventually

from wherry.errors import CorruptImage, RegistryError
from wherry.model.image import LAYER_OCI, Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry import Registry, Timeouts

from .distribution import digest_of
from .pulling import LAYER, MANIFEST, blob_path, download, resolve, tool, with_registry


class Sleeps:
    """Time that passes at once, and is noted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def ranged(handler: BaseHTTPRequestHandler) -> int:
    return int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def breaking_after(size: int, honours_ranges: bool = True) -> Callable[[BaseHTTPRequestHandler], None]:
    """Give `LAYER` from where it is asked for, but no more than ``size`` bytes an answer, then break off."""

    def script(handler: BaseHTTPRequestHandler) -> None:
        start = ranged(handler) if honours_ranges else 0
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(LAYER) - start))
        handler.send_header("Content-Range", f"bytes {start}-{len(LAYER) - 1}/{len(LAYER)}")
        handler.end_headers()
        handler.wfile.write(LAYER[start : start + size])
        handler.close_connection = True

    return script


# --- manifests -------------------------------------------------------------------------------------------------------


def test_a_manifest_that_does_not_fit_its_digest_is_refused(scripted: Scripted) -> None:
    digest = digest_of(b"another")
    scripted.scripts[f"/v2/tool/manifests/{digest}"] = answering(200, MANIFEST)
    reference = tool(scripted).with_digest(digest)
    with pytest.raises(RegistryError, match=f"^manifest verification failed for digest {digest}$"):
        with_registry(lambda registry: registry.resolve(reference))


def test_a_huge_manifest_is_refused(scripted: Scripted) -> None:
    scripted.scripts["/v2/tool/manifests/1"] = answering(200, b" " * ((4 << 20) + 1))
    with pytest.raises(RegistryError, match="response body larger than 4194304 bytes"):
        resolve(scripted)


def test_a_schema_1_manifest_is_refused_with_advice(scripted: Scripted) -> None:
    scripted.scripts["/v2/tool/manifests/1"] = answering(200, b'{"schemaVersion": 1}')
    with pytest.raises(CorruptImage, match=f"Suggest the author of {scripted.host}/tool:1 to upgrade the image"):
        resolve(scripted)


def test_tags_come_page_by_page(scripted: Scripted) -> None:
    pages = {"": (["a", "b"], "last=b&n=2"), "last=b&n=2": (["c", "a"], None)}

    def script(handler: BaseHTTPRequestHandler) -> None:
        tags, following = pages[handler.path.partition("?")[2]]
        link = {"Link": f'</v2/tool/tags/list?{following}>; rel="next"'} if following else {}
        answering(200, json.dumps({"name": "tool", "tags": tags}).encode(), **link)(handler)

    scripted.scripts["/v2/tool/tags/list"] = script
    assert with_registry(lambda registry: registry.tags(tool(scripted))) == ("a", "b", "c")


# --- blobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("honours_ranges", [True, False])
def test_a_download_goes_on_where_it_broke(scripted: Scripted, honours_ranges: bool) -> None:
    starts: list[int] = []
    breaking = breaking_after(900_000, honours_ranges)
    whole = answering(200, LAYER)

    def script(handler: BaseHTTPRequestHandler) -> None:
        starts.append(ranged(handler))
        (breaking if honours_ranges or len(starts) == 1 else whole)(handler)

    scripted.scripts[blob_path(LAYER)] = script
    sleeps = Sleeps()
    registry = Registry(sleep=sleeps)
    assert with_registry(lambda registry: download(registry, tool(scripted), LAYER), registry) == LAYER
    assert starts == ([0, 900_000, 1_800_000] if honours_ranges else [0, 900_000])
    assert sleeps.seconds == [0.5] * (len(starts) - 1)


def test_a_download_without_progress_is_given_up_after_longer_and_longer_pauses(scripted: Scripted) -> None:
    scripted.scripts[blob_path(LAYER)] = answering(503, b"busy")
    sleeps = Sleeps()
    with pytest.raises(RegistryError, match="503 Service Unavailable"):
        with_registry(lambda registry: download(registry, tool(scripted), LAYER), Registry(sleep=sleeps, attempts=4))
    assert sleeps.seconds == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
def test_a_registry_that_says_when_to_come_back_is_left_alone_for_so_long(scripted: Scripted, status: int) -> None:
    answers = iter([answering(status, b"busy", Retry_After="7"), answering(200, LAYER)])
    scripted.scripts[blob_path(LAYER)] = lambda handler: next(answers)(handler)
    sleeps = Sleeps()
    got = with_registry(lambda registry: download(registry, tool(scripted), LAYER), Registry(sleep=sleeps))
    assert got == LAYER
    assert sleeps.seconds == [7.0]


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"Retry_After": "3600"}, r'^Get ".+": toomanyrequests: slow down$'),
        ({}, "^toomanyrequests: slow down$"),
    ],
)
def test_nobody_waits_for_an_hour_or_for_who_knows_what(scripted: Scripted, headers: dict[str, str], text: str) -> None:
    body = error_body("TOOMANYREQUESTS", "slow down")
    scripted.scripts[blob_path(LAYER)] = answering(429, body, **headers)
    sleeps = Sleeps()
    with pytest.raises(RegistryError, match=text):
        with_registry(lambda registry: download(registry, tool(scripted), LAYER), Registry(sleep=sleeps))
    assert sleeps.seconds == []


def test_a_blob_longer_than_it_should_be_is_refused(scripted: Scripted) -> None:
    scripted.scripts[blob_path(LAYER)] = answering(200, LAYER + b"more")
    with pytest.raises(RegistryError, match="is longer than the 2097152 bytes it should be"):
        with_registry(lambda registry: download(registry, tool(scripted), LAYER))


def test_a_range_that_was_not_asked_for_is_refused(scripted: Scripted) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        if ranged(handler) == 0:
            breaking_after(900_000)(handler)
        else:
            answering(206, LAYER[5:], Content_Range=f"bytes 5-{len(LAYER) - 1}/{len(LAYER)}")(handler)

    scripted.scripts[blob_path(LAYER)] = script
    with pytest.raises(RegistryError, match='asked for bytes from 900000 on, got "bytes 5-'):
        with_registry(lambda registry: download(registry, tool(scripted), LAYER), Registry(sleep=Sleeps()))


def test_a_silent_registry_is_given_up(scripted: Scripted) -> None:
    quiet = threading.Event()

    def script(_: BaseHTTPRequestHandler) -> None:
        quiet.wait(60)

    scripted.scripts[blob_path(LAYER)] = script
    registry = Registry(sleep=Sleeps(), attempts=2, timeouts=Timeouts(read=0.05))
    try:
        with pytest.raises(RegistryError, match="net/http: timeout awaiting response"):
            with_registry(lambda registry: download(registry, tool(scripted), LAYER), registry)
    finally:
        quiet.set()


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_reader_that_leaves_ends_the_connection_and_frees_the_thread(scripted: Scripted, cancelled: bool) -> None:
    """Whether it is cancelled while it waits, or closes the stream between two chunks."""
    broken = threading.Event()

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(LAYER)))
        handler.end_headers()
        handler.wfile.write(LAYER[: 1 << 20])
        handler.connection.settimeout(60)
        if handler.connection.recv(1) == b"":
            broken.set()
        handler.close_connection = True

    scripted.scripts[blob_path(LAYER)] = script
    descriptor = Descriptor(media_type=LAYER_OCI, digest=digest_of(LAYER), size=len(LAYER))

    async def leave(registry: Registry) -> None:
        waits = asyncio.Event()

        async def read() -> None:
            async with aclosing(registry.blob(tool(scripted), descriptor)) as chunks:
                received = 0
                async for chunk in chunks:
                    received += len(chunk)
                    if received == 1 << 20:
                        waits.set()
                        if not cancelled:
                            return

        task = asyncio.create_task(read())
        await waits.wait()
        if cancelled:
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled() is cancelled

    started = time.monotonic()
    with_registry(leave)
    assert broken.wait(30)
    eventually(lambda: busy_threads() == 0)
    assert time.monotonic() - started < 30


def busy_threads() -> int:
    return sum(thread.name.startswith("registry") for thread in threading.enumerate())


def test_a_reader_can_leave_while_the_connection_is_made() -> None:
    """A full backlog of a listener that accepts nobody leaves further connects waiting."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))

        async def leave(registry: Registry) -> None:
            task = asyncio.create_task(registry.login(f"127.0.0.1:{port}", Credentials()))
            await asyncio.to_thread(eventually, lambda: busy_threads() > 0)
            task.cancel()
            await asyncio.wait([task], timeout=30)
            assert task.cancelled()

        with_registry(leave)
        eventually(lambda: busy_threads() == 0)
        for one in waiting:
            one.close()


# --- connections -----------------------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests(scripted: Scripted) -> None:
    peers: set[tuple[str, int]] = set()

    def script(handler: BaseHTTPRequestHandler) -> None:
        peers.add(handler.client_address)
        answering(200, MANIFEST)(handler)

    scripted.scripts["/v2/tool/manifests/1"] = script

    async def ask(registry: Registry) -> None:
        for _ in range(3):
            await registry.resolve(tool(scripted))

    with_registry(ask)
    assert len(peers) == 1


def test_a_kept_connection_that_died_is_replaced(scripted: Scripted) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        answering(200, MANIFEST)(handler)
        handler.close_connection = True

    scripted.scripts["/v2/tool/manifests/1"] = script

    async def ask(registry: Registry) -> None:
        for _ in range(3):
            await registry.resolve(tool(scripted))

    with_registry(ask)
    assert len(scripted.asked("/v2/tool/manifests/1")) == 3


def test_a_registry_that_is_not_there_is_told_as_go_tells_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(RegistryError) as caught:
        with_registry(lambda registry: registry.resolve(Reference.parse(f"{host}/tool:1")))
    assert str(caught.value) == f'Get "http://{host}/v2/": dial tcp {host}: connect: connection refused'


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        ("nosuch.invalid", r"dial tcp: lookup nosuch\.invalid: "),
        ("reg.example:99999999", "dial tcp: address reg.example:99999999: invalid port"),
        ("a" * 70 + ".example", "dial tcp: lookup a+.example: no such host"),
    ],
)
def test_a_name_that_leads_nowhere_is_told(domain: str, text: str) -> None:
    with pytest.raises(RegistryError, match=text):
        with_registry(lambda registry: registry.resolve(Reference.parse(f"{domain}/tool:1")))


def test_redirects_end(scripted: Scripted) -> None:
    scripted.scripts[blob_path(LAYER)] = answering(307, b"", Location=blob_path(LAYER))
    with pytest.raises(RegistryError, match="stopped after 10 redirects"):
        with_registry(lambda registry: download(registry, tool(scripted), LAYER), Registry(attempts=1))
