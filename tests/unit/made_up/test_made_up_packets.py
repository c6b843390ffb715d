"""Any bytes from a container or a client are a message, or none; nothing breaks what reads them."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from wherry.client.frames import demultiplex
from wherry.errors import WherryError
from wherry.plan.containers.users import resolve
from wherry.plan.names import message

LABELS = st.sampled_from([b"\x03web", b"\x3f" + b"a" * 63, b"\xc0\x0c", b"\x40", b"\x00", b"\x01\xff"]) | st.binary(
    max_size=4
)
QUESTIONS = st.tuples(st.lists(LABELS, max_size=6).map(b"".join), st.binary(max_size=8)).map(b"".join)
COUNTS = st.lists(st.sampled_from([0, 1, 2, 0xFFFF]), min_size=4, max_size=4)


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    head = struct.pack(">6H", 7, draw(st.sampled_from([0, 0x0100, 0x8000, 0x7800, 0xFFFF])), *draw(COUNTS))
    return draw(st.just(head + draw(QUESTIONS)) | st.binary(max_size=40))


@given(packets(), st.booleans(), st.lists(st.binary(max_size=20), max_size=300).map(tuple))
def test_any_packet_is_a_question_or_none(packet: bytes, streamed: bool, data: tuple[bytes, ...]) -> None:
    query = message.read(packet, streamed=streamed)
    if query is None:
        return
    answer = message.answer(query, data)
    assert len(answer) <= query.limit
    assert message.is_answer_to(answer, query) or query.problem
    assert message.settles(answer) in (True, False)


@given(st.lists(st.binary(max_size=20), max_size=6))
def test_any_stream_has_frames_up_to_where_it_breaks(chunks: list[bytes]) -> None:
    found = b"".join(data for _, data in demultiplex(chunks))
    assert len(found) <= len(b"".join(chunks))


LINES = st.lists(st.sampled_from(["root", "x", "0", "", "4294967295", "-1", "9" * 30, "²", "user", "/"]), max_size=8)
FILES = st.lists(LINES.map(":".join) | st.text(max_size=8), max_size=5).map("\n".join)


@given(
    st.sampled_from(["", "root", "user:x", "0:0", ":x", "4294967296", "²", "-1"]) | st.text(max_size=5), FILES, FILES
)
def test_any_account_is_found_or_refused(user: str, passwd: str, group: str) -> None:
    try:
        identity = resolve(user, passwd, group)
    except WherryError as error:
        assert str(error)
        return
    assert 0 <= identity.uid <= 2**31 - 1
    assert 0 <= identity.gid <= 2**31 - 1
