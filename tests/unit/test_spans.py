"""Parts of files in the place of their bytes."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.spans import SPAN, Span, rest_of


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(bytes(range(256)) * (SPAN // 100))
    fd = os.open(tmp_path / "file", os.O_RDWR)
    yield fd
    os.close(fd)


def sent(span: Span) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sending = threading.Thread(target=span.send, args=(ours,))
        sending.start()
        data = theirs.recv(len(span), socket.MSG_WAITALL)
        sending.join()
    return data


@pytest.mark.parametrize("use", [bytes, sent])
def test_they_are_the_bytes_of_the_file(file: int, use: type[bytes]) -> None:
    assert use(Span(file, 1000, SPAN)) == os.pread(file, SPAN, 1000)


@pytest.mark.parametrize("use", [bytes, sent])
def test_what_was_cut_off_meanwhile_is_zeros(file: int, use: type[bytes]) -> None:
    span = Span(file, 1, SPAN)
    os.truncate(file, 4)
    assert use(span) == b"\1\2\3" + bytes(SPAN - 3)


def test_the_rest_of_a_file_begins_where_it_stands(file: int) -> None:
    os.lseek(file, 5, os.SEEK_SET)
    assert b"".join(map(bytes, rest_of(file))) == os.pread(file, 3 * SPAN, 5)


def test_what_came_to_a_file_meanwhile_is_read_too(file: int) -> None:
    before = os.pread(file, 3 * SPAN, 0)
    chunks = rest_of(file)
    first = bytes(next(chunks))
    os.pwrite(file, b"more", len(before))
    assert first + b"".join(map(bytes, chunks)) == before + b"more"


def test_the_rest_of_a_pipe_is_what_comes() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb") as pipe:
        pipe.write(b"all of it")
        pipe.close()
        assert [*rest_of(reading)] == [b"all of it"]
