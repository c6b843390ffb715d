"""Chunks that a thread makes ahead of whoever uses them."""

import threading
from collections.abc import Callable, Iterator

import pytest

from wherry.tar.ahead import AHEAD, DIRECT, drawn_ahead
from wherry.tar.format.header import TarError


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, DIRECT, DIRECT + 1, DIRECT + AHEAD, 100])
def test_all_come_in_their_order(count: int) -> None:
    assert list(drawn_ahead(iter(numbered(count)))) == numbered(count)


def test_without_a_thread_to_be_had_too(no_more_threads: Callable[[], None]) -> None:
    no_more_threads()
    assert list(drawn_ahead(iter(numbered(100)))) == numbered(100)


@pytest.mark.parametrize(("count", "asked"), [(0, 0), (1, 0), (DIRECT - 1, 0), (DIRECT, 1), (10, 1)])
def test_few_chunks_ask_for_no_thread(count: int, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread), start(thread)))
    assert len(list(drawn_ahead(iter(numbered(count))))) == count
    assert sum(thread.name == "ahead" for thread in started) == asked


@pytest.mark.parametrize("count", [0, DIRECT, 10])
def test_what_goes_wrong_is_raised_where_the_chunks_are_used(count: int) -> None:
    def breaking() -> Iterator[bytes]:
        yield from numbered(count)
        raise TarError("gzip: broken")

    drawn: list[bytes] = []
    with pytest.raises(TarError, match="gzip: broken"):
        for chunk in drawn_ahead(breaking()):
            drawn.append(chunk)
    assert drawn == numbered(count)


def test_it_is_not_far_ahead() -> None:
    made: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            made.append(len(made))
            yield b"x"

    chunks = drawn_ahead(endless())
    used = 0
    while used < 50:
        next(chunks)
        used += 1
        assert len(made) <= used + AHEAD + 2
