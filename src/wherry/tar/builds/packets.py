"""Contents of files as a client of a build sends them: fsutil's packets (``wire.proto``), each a message of gRPC."""

from ...protowire import items
from ..format.header import TarError
from ..format.stream import Stream

DATA, ERROR = 2, 4  # kinds of packets

_MOST = 16 << 20  # bytes of a message
_PREFIX = 5  # bytes: whether the message is compressed, and its length in network order
_KIND, _NUMBER, _DATA = 1, 3, 4  # fields


def packet(stream: Stream) -> tuple[int, int, memoryview]:
    """The next one's kind, the number of its file, and its data. TarError for what is none."""
    prefix = stream.take(_PREFIX)
    size = int.from_bytes(prefix[1:], "big")
    if prefix[0] or size > _MOST:
        raise TarError("a message that cannot be read")
    found: dict[int, int | memoryview] = {}
    try:
        for number, _, value in items(memoryview(stream.take(size))):
            found[number] = value
    except (IndexError, ValueError) as error:
        raise TarError(f"malformed packet: {error}") from None
    kind, file, data = found.get(_KIND, 0), found.get(_NUMBER, 0), found.get(_DATA, memoryview(b""))
    if not isinstance(kind, int) or not isinstance(file, int) or not isinstance(data, memoryview):
        raise TarError("malformed packet: a field of another type")
    return kind, file, data
