"""Standard input as bytes, without the layers between."""

from posix import isatty, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = 0
CHUNK = 1 << 20


def is_terminal() -> bool:
    return isatty(STDIN)


def chunks() -> "Iterator[bytes]":
    """All that is left, as it comes."""
    return iter(lambda: read(STDIN, CHUNK), b"")


def rest() -> bytes:
    """All that is left."""
    return b"".join(chunks())


def start(size: int) -> bytes:
    """The next ``size`` bytes, or what there is of them."""
    data = b""
    while len(data) < size and (part := read(STDIN, size - len(data))):
        data += part
    return data


def line() -> bytes:
    """One line with its end, or what there is of it."""
    typed = b""
    while not typed.endswith(b"\n") and (byte := read(STDIN, 1)):
        typed += byte
    return typed
