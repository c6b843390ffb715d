"""Docker's multiplexed stream: frames of ``[kind, 0, 0, 0, length (4 bytes, big endian)]`` and a payload."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDERR, SYSTEM_ERROR = 2, 3
HEADER_SIZE = 8


class Demultiplexer:
    """Cuts a byte stream into frames; holds what is not whole yet."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The (kind, payload) of all frames that ``data`` makes whole; neighbours of one kind are joined."""
        data = self._held + data
        runs: list[tuple[int, bytes]] = []
        parts: list[bytes] = []
        kind = -1
        start = 0
        while (body := start + HEADER_SIZE) <= len(data):
            end = body + int.from_bytes(data[start + 4 : body], "big")
            if end > len(data):
                break
            if data[start] != kind:
                if parts:
                    runs.append((kind, b"".join(parts)))
                kind, parts = data[start], []
            parts.append(data[body:end])
            start = end
        if parts:
            runs.append((kind, b"".join(parts)))
        self._held = data[start:]
        return runs


def demultiplex(chunks: "Iterable[bytes]") -> "Iterator[tuple[int, bytes]]":
    """The (kind, payload) runs of a whole response body."""
    frames = Demultiplexer()
    for chunk in chunks:
        yield from frames.feed(chunk)
