"""Blocks of headers, which come in one frame or several and share a table with those before them (RFC 7541)."""

from typing import Final

from hpack import Decoder, Encoder, HPACKError

from wherry.buildkit.http2.frames import ErrorCode, RulesBroken

Headers = tuple[tuple[str, str], ...]
"""Fields in their order."""

_MAX_BLOCK: Final = 1 << 18
_MAX_PIECES: Final = 64
_TABLE: Final = 4096


class HeaderCoding:
    """Of both directions of a connection. ``unfinished`` is the stream whose headers are coming, 0 for none."""

    def __init__(self) -> None:
        self.unfinished = 0
        self._flags = 0
        self._pieces: list[bytes] = []
        self._limits: tuple[int, ...] = ()  # of the encoder's table, that it has not heard of yet
        self._encoder = Encoder()
        self._decoder = Decoder(max_header_list_size=_MAX_BLOCK)

    def encode(self, headers: Headers) -> bytes:
        for size in self._limits:
            self._encoder.header_table_size = size
        self._limits = ()
        return self._encoder.encode(headers, huffman=False)  # whose time grows with the square of a text's length

    def limit_table(self, size: int) -> None:
        """The table that the peer keeps for what we send. The next headers tell of the smallest limit and of the last
        (RFC 7541, section 4.2)."""
        size = min(size, _TABLE)
        self._limits = min((size, *self._limits)), size

    def begin(self, stream: int, flags: int, piece: bytes) -> None:
        if stream == 0:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "headers of no stream")
        self.unfinished, self._flags, self._pieces = stream, flags, [piece]

    def go_on(self, piece: bytes) -> None:
        if not self.unfinished:
            raise RulesBroken(ErrorCode.PROTOCOL_ERROR, "headers go on that did not begin")
        self._pieces.append(piece)
        if len(self._pieces) > _MAX_PIECES or sum(map(len, self._pieces)) > _MAX_BLOCK:
            raise RulesBroken(ErrorCode.ENHANCE_YOUR_CALM, "headers without end")

    def end(self) -> tuple[int, int, Headers]:
        """The stream, the flags of the first frame, and the headers."""
        block, stream = b"".join(self._pieces), self.unfinished
        self.unfinished, self._pieces = 0, []
        try:
            headers = tuple((_text(name), _text(value)) for name, value in self._decoder.decode(block, raw=True))
        except HPACKError as error:
            raise RulesBroken(ErrorCode.COMPRESSION_ERROR, str(error)) from None
        return stream, self._flags, headers


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("latin-1")
