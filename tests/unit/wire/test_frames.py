from wherry.wire.frames import STDERR, STDOUT, frame


def test_a_frame() -> None:
    assert frame(STDERR, b"hello") == b"\x02\0\0\0\0\0\0\x05hello"
    assert frame(STDOUT, bytes(70_000))[:8] == b"\x01\0\0\0\0\x01\x11\x70"
