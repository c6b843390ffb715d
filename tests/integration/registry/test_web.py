"""Files of the web, from a server whose answers are scripted."""

import asyncio

import pytest
from tests.harness.httpserver import Scripted, answering

from wherry.errors import Forbidden, InternalError, NotFound, WherryError
from wherry.registry import CERTS_DIR, Web

DATA = bytes(range(256)) * 8192


def fetched(url: str) -> tuple[int, bytes]:
    """The size that was told, and the bytes that came."""

    async def fetch() -> tuple[int, bytes]:
        web = Web(certs_dir=CERTS_DIR, user_agent="tests")
        try:
            async with web.open(url) as download:
                return download.size, b"".join([chunk async for chunk in download.chunks])
        finally:
            web.close()

    return asyncio.run(fetch())


def test_a_file_comes_through_redirects(scripted: Scripted, another: Scripted) -> None:
    scripted.scripts["/old"] = answering(302, b"", Location=f"http://{another.host}/new")
    another.scripts["/new"] = answering(200, DATA)

    assert fetched(f"http://{scripted.host}/old") == (len(DATA), DATA)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (403, Forbidden), (500, InternalError)])
def test_a_refusal_is_told_with_its_text(scripted: Scripted, status: int, kind: type[WherryError]) -> None:
    scripted.scripts["/x"] = answering(status, b" because \n")

    with pytest.raises(kind, match=rf"failed to GET http://{scripted.host}/x with status {status} .*: because$"):
        fetched(f"http://{scripted.host}/x")


def test_a_length_that_is_none_is_passed_over(scripted: Scripted) -> None:
    scripted.scripts["/x"] = answering(200, DATA, Content_Length="many", Connection="close")

    assert fetched(f"http://{scripted.host}/x") == (0, DATA)


def test_an_answer_that_breaks_off_is_no_file(scripted: Scripted) -> None:
    scripted.scripts["/x"] = answering(200, DATA, Content_Length=str(len(DATA) + 1), Connection="close")

    with pytest.raises(InternalError, match="unexpected EOF"):
        fetched(f"http://{scripted.host}/x")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://localhost/x", 'Get "ftp://localhost/x": unsupported protocol scheme "ftp"'),
        ("http://127.0.0.1:1/x", 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'),
    ],
)
def test_what_cannot_be_asked_is_told_as_go_tells_it(url: str, text: str) -> None:
    with pytest.raises(InternalError) as caught:
        fetched(url)

    assert str(caught.value) == text
