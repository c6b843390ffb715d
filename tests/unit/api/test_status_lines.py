"""The first line of an answer."""

from collections.abc import Iterator

import pytest

import wherry.api.http.faults  # noqa: F401 - whose classes are errors too
from wherry.api.http.response import Response, render_response
from wherry.errors import WherryError


def classes(base: type[WherryError]) -> Iterator[type[WherryError]]:
    yield base
    for each in base.__subclasses__():
        yield from classes(each)


@pytest.mark.parametrize("status", sorted({each.status for each in classes(WherryError)}))
def test_each_error_has_its_phrase(status: int) -> None:
    line = render_response("1.1", Response(status=status), b"", b"", send_body=True).partition(b"\r\n")[0]
    version, told, phrase = line.split(b" ", 2)
    assert (version, int(told)) == (b"HTTP/1.1", status)
    assert phrase[:1].isupper()


def test_phrases_are_those_of_gos_servers() -> None:
    lines = [
        render_response("1.1", Response(status=status), b"", b"", send_body=True).partition(b"\r\n")[0]
        for status in (200, 304, 404, 414, 500)
    ]
    assert lines == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.1 414 Request URI Too Long",
        b"HTTP/1.1 500 Internal Server Error",
    ]
