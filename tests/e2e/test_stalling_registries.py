"""Registries that answer without end, or not at all: a pull fails or can be left, whatever they wait for, and the next
one is not harmed."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from itertools import repeat

import pytest

from tests.harness.cli import Cli
from tests.harness.httpserver import answering
from tests.harness.published import NAME, PORT, Published, published, serving
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

CHALLENGE = answering(401, b"", WWW_Authenticate=f'Bearer realm="http://localhost:{PORT}/token",service="tests"')


@pytest.fixture
def image(cli: Cli) -> Iterator[Published]:
    """An image that can be pulled after the test, whatever was answered in it."""
    image = published()
    yield image
    with serving(cli, image.answers):
        cli(
            "pull", f"{NAME}:none", check=False
        )  # a registry that wants no token any more is asked anew after a failure
        assert f"Status: Downloaded newer image for {NAME}:latest" in cli.line("pull", NAME)
    cli("rmi", NAME)


class Stalling:
    """A script that gives the head of an answer, or nothing, and waits until the client has gone."""

    def __init__(self, *, head: bool) -> None:
        self.asked, self.left = threading.Event(), threading.Event()
        self._head = head

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        if self._head:
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        self.asked.set()
        with suppress(OSError):
            if not handler.connection.recv(1):
                self.left.set()
        handler.close_connection = True


@pytest.mark.parametrize("head", [False, True], ids=["no answer", "no body"])
@pytest.mark.parametrize("stage", ["/token", "manifest", "config", "layer"])
def test_a_pull_can_be_left_whatever_it_waits_for(cli: Cli, image: Published, stage: str, head: bool) -> None:
    stalling = Stalling(head=head)
    scripts = {getattr(image, stage, stage): stalling}
    if stage == "/token":
        scripts |= {image.manifest: CHALLENGE, "/v2/": CHALLENGE}

    with serving(cli, image.answers, scripts):
        with cli.beside("pull", NAME):
            assert stalling.asked.wait(60)
        assert stalling.left.wait(60)


def test_a_pull_can_be_left_while_the_registry_is_looked_for(cli: Cli) -> None:
    stalling = Stalling(head=False)

    with serving(cli, {}, {"/v2/": stalling}):
        with cli.beside("pull", f"127.0.0.1:{PORT}/x"):
            assert stalling.asked.wait(60)
        assert stalling.left.wait(60)


ENDLESS = {
    "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"Header: " + bytes(1000).replace(b"\0", b"x") + b"\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nHeader: ", b"x" * 65536),
    "a body": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
}


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("stage", ["manifest", "/token"])
def test_an_answer_without_end(cli: Cli, image: Published, stage: str, what: str) -> None:
    begin, more = ENDLESS[what]

    def endless(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(begin)
            for data in repeat(more):
                handler.wfile.write(data)
        handler.close_connection = True

    scripts = {getattr(image, stage, stage): endless}
    if stage == "/token":
        scripts |= {image.manifest: CHALLENGE, "/v2/": CHALLENGE}

    with serving(cli, image.answers, scripts):
        error = cli.fails(1, "pull", NAME)

    assert error.startswith(f'Error response from daemon: Get "http://localhost:{PORT}/v2/x/manifests/latest": '), error


def test_redirects_without_end(cli: Cli, image: Published) -> None:
    around = answering(307, b"", Location=image.manifest)

    with serving(cli, image.answers, {image.manifest: around}):
        assert "stopped after 10 redirects" in cli.fails(1, "pull", NAME)


def test_a_token_server_that_nobody_can_ask(cli: Cli, image: Published) -> None:
    lost = answering(401, b"", WWW_Authenticate='Bearer realm="http://localhost:1/token",service="tests"')

    with serving(cli, image.answers, {image.manifest: lost, "/v2/": lost}):
        assert "127.0.0.1:1: connect: connection refused" in cli.fails(1, "pull", NAME)


def test_a_registry_that_passes_over_ranges(cli: Cli, image: Published) -> None:
    whole = image.answers[image.layer][1]
    ranges: list[str | None] = []

    def breaks_twice(handler: BaseHTTPRequestHandler) -> None:
        ranges.append(handler.headers.get("Range"))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(whole[: len(whole) * len(ranges) // 3])
        handler.close_connection = True

    with serving(cli, image.answers, {image.layer: breaks_twice}):
        assert f"Status: Downloaded newer image for {NAME}:latest" in cli.line("pull", NAME)

    third = len(whole) // 3
    assert ranges == [None, f"bytes={third}-", f"bytes={2 * len(whole) // 3}-"]
    cli("rmi", NAME)


def test_a_layer_that_is_another_when_it_is_taken_up_again(cli: Cli, image: Published) -> None:
    whole = image.answers[image.layer][1]
    other = whole[:-1] + bytes([whole[-1] ^ 1])

    def changes(handler: BaseHTTPRequestHandler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        handler.send_header("Content-Length", str(len(whole) - start))
        handler.end_headers()
        handler.wfile.write(other[start:] if start else whole[: len(whole) // 2])
        handler.close_connection = True

    with serving(cli, image.answers, {image.layer: changes}):
        error = cli.fails(1, "pull", NAME)

    assert "verification failed for digest" in error
    eventually(lambda: not list((cli.engine.data_root / "blobs/tmp").iterdir()))
