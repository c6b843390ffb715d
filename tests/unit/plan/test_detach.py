import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import InvalidArgument
from wherry.plan.containers.detach import DetachScanner, parse


@pytest.mark.parametrize(
    ("text", "keys"),
    [("", b"\x10\x11"), ("ctrl-p,ctrl-q", b"\x10\x11"), ("ctrl-a,x", b"\x01x"), ("ctrl-@", b"\x00"), ("q", b"q")],
)
def test_keys_are_read(text: str, keys: bytes) -> None:
    assert parse(text) == keys


@pytest.mark.parametrize("text", ["ctrl-", "ctrl-pp", "abc", "ctrl-p,", ","])
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="Invalid detach keys"):
        parse(text)


def test_keys_typed_apart_still_detach() -> None:
    scanner = DetachScanner(b"\x10\x11")
    assert scanner.feed(b"ls\x10") == (b"ls", False)
    assert scanner.feed(b"\x11rest") == (b"", True)


def test_a_beginning_that_goes_on_otherwise_is_passed_on() -> None:
    scanner = DetachScanner(b"\x10\x11")
    assert scanner.feed(b"\x10") == (b"", False)
    assert scanner.feed(b"a") == (b"\x10a", False)


def test_a_second_beginning_after_the_first_counts() -> None:
    assert DetachScanner(b"\x10\x11").feed(b"\x10\x10\x11") == (b"\x10", True)


@given(st.lists(st.binary(max_size=5), max_size=20))
def test_nothing_typed_without_the_keys_is_lost(chunks: list[bytes]) -> None:
    scanner = DetachScanner(b"\x10\x11")
    typed = b"".join(chunks).replace(b"\x10", b"p")
    passed = b"".join(scanner.feed(typed[index : index + 3])[0] for index in range(0, len(typed), 3))
    assert passed == typed
