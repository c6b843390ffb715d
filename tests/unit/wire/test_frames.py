import struct

from hypothesis import given
from hypothesis import strategies as st

from wherry.wire.frames import STDERR, STDOUT, frame, frames


def unpack(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        stream, padding, length = struct.unpack(">B3sL", data[:8])
        assert padding == b"\0\0\0"
        found.append((stream, data[8 : 8 + length]))
        data = data[8 + length :]
    return found


def test_a_frame() -> None:
    assert frame(STDERR, b"hello") == b"\x02\0\0\0\0\0\0\x05hello"
    assert frame(STDOUT, bytes(70_000))[:8] == b"\x01\0\0\0\0\x01\x11\x70"


def test_neighbours_of_one_stream_share_a_frame() -> None:
    entries = [(STDOUT, b"a\n"), (STDOUT, b"b\n"), (STDERR, b"c\n"), (STDOUT, b"d\n")]
    assert unpack(frames(entries)) == [(STDOUT, b"a\nb\n"), (STDERR, b"c\n"), (STDOUT, b"d\n")]
    assert frames([]) == b""


@given(st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=20))))
def test_each_stream_keeps_its_bytes(entries: list[tuple[int, bytes]]) -> None:
    found = unpack(frames(iter(entries)))
    for stream in (STDOUT, STDERR):
        assert b"".join(p for s, p in found if s == stream) == b"".join(p for s, p in entries if s == stream)
