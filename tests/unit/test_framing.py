"""The end of a body is found to the byte, however the bytes come in."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.framing import MAX_LINE, BodyDecoder, BrokenFraming, Chunked, FixedLength, decoder_of


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted({position % (len(data) + 1) for position in at}), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def decode(decoder: BodyDecoder, segments: list[bytes]) -> tuple[bytes, bytes]:
    body, behind = b"", b""
    for segment in segments:
        if decoder.complete:
            behind += segment
            continue
        payload, rest = decoder.feed(segment)
        body, behind = body + payload, behind + rest
    return body, behind


POSITIONS = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.lists(st.binary(min_size=1, max_size=40)), st.binary(max_size=20), st.booleans(), POSITIONS)
def test_chunked(chunks: list[bytes], behind: bytes, trailer: bool, at: list[int]) -> None:
    data = b"".join(b"%X;x=y\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    data += b"0\r\nX-Sum: 1\r\n\r\n" if trailer else b"0\r\n\r\n"
    decoder = Chunked()
    assert decode(decoder, cut(data + behind, at)) == (b"".join(chunks), behind)
    assert decoder.complete


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=20), POSITIONS)
def test_fixed_length(body: bytes, behind: bytes, at: list[int]) -> None:
    decoder = FixedLength(len(body))
    assert decode(decoder, cut(body + behind, at)) == (body, behind)
    assert decoder.complete


@pytest.mark.parametrize(
    "data",
    [
        b"zz\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"1_0\r\n",
        b"0x1\r\n",
        b"1" * 17 + b"\r\n",
        b"1\r\nabc\r\n",
        b"1;" + b"x" * MAX_LINE,
        b"0\r\n" + b"A: b\r\n" * 100,
    ],
)
def test_broken_chunks(data: bytes) -> None:
    with pytest.raises(BrokenFraming):
        Chunked().feed(data)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1), st.booleans(), POSITIONS)
def test_one_begins_and_another_goes_on(chunks: list[bytes], chunked: bool, at: list[int]) -> None:
    body = b"".join(chunks)
    framed = b"".join(b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n" if chunked else body
    here, *later = cut(framed, at)
    first: BodyDecoder = Chunked() if chunked else FixedLength(len(body))
    payload, _ = first.feed(here)
    resumed = first.resumed(payload)
    if resumed is None:
        assert payload == body
    else:
        framing, begun = resumed
        assert decode(decoder_of(framing), [begun, *later]) == (body, b"")
