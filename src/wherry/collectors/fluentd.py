"""Messages of Fluentd's forward protocol, version 1: ``[tag, time, record, option]`` in MessagePack."""

import os
from collections.abc import Sequence
from typing import Final

import msgspec

from wherry.collectors.encoding import SOURCES, Pieces, nanoseconds_of, seconds_of
from wherry.model.collector import Fluentd
from wherry.model.log import LogLine

_EVENT_TIME: Final = 0  # the number of the protocol's type of MessagePack


class FluentdEncoder:
    """Lines that were cut tell which belong together, as those of dockerd do. Of a batch the last message asks for an
    answer, if it is to be acknowledged (forward protocol, Response)."""

    def __init__(self, form: Fluentd) -> None:
        self.answer = b""
        self._form = form
        self._pieces = Pieces(form.fields["container_id"])

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        *others, last = lines
        return [*(self._message(line, {}) for line in others), self._message(last, self._asking())]

    def _asking(self) -> dict[str, str]:
        """The options of a last message."""
        if not self._form.acknowledged:
            return {}
        chunk = os.urandom(16).hex()
        self.answer = msgspec.msgpack.encode({"ack": chunk})
        return {"chunk": chunk}

    def _message(self, line: LogLine, options: dict[str, str]) -> bytes:
        text = _string(line.data.removesuffix(b"\n"))
        record = {**self._form.fields, "source": SOURCES[line.stream], "log": text, **self._piece(line)}
        return msgspec.msgpack.encode((self._form.tag, self._time(line), record, options))

    def _time(self, line: LogLine) -> int | msgspec.msgpack.Ext:
        if not self._form.precise:
            return seconds_of(line)
        data = seconds_of(line).to_bytes(4) + nanoseconds_of(line).to_bytes(4)
        return msgspec.msgpack.Ext(_EVENT_TIME, data)

    def _piece(self, line: LogLine) -> dict[str, str]:
        """What is said of a piece of a line."""
        piece = self._pieces.of(line)
        if piece is None:
            return {}
        return {
            "partial_message": "true",
            "partial_id": piece.id,
            "partial_ordinal": str(piece.ordinal),
            "partial_last": "true" if piece.is_last else "false",
        }


def _string(data: bytes) -> msgspec.Raw:
    """As MessagePack's string, whether it is UTF-8 or not: dockerd sends what was said."""
    length = len(data)  # of a line: less than 64 kB
    if length < 32:
        head = bytes((0xA0 | length,))
    elif length < 256:
        head = bytes((0xD9, length))
    else:
        head = b"\xda" + length.to_bytes(2)
    return msgspec.Raw(head + data)
