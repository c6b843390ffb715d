"""Messages of Fluentd's forward protocol, version 1: ``[tag, time, record, option]`` in MessagePack."""

import hashlib
import os
from collections.abc import Sequence
from typing import Final

import msgspec

from wherry.collectors.encoding import nanoseconds_of, seconds_of, text_of
from wherry.model.collector import Fluentd
from wherry.model.log import LogLine

_SOURCES: Final = {1: "stdout", 2: "stderr"}
_EVENT_TIME: Final = 0  # the number of the protocol's type of MessagePack

CHUNK: Final = "chunk"
"""The option by which the last message of a batch wants to be acknowledged."""


class FluentdEncoder:
    """Lines that were cut tell which belong together, as those of dockerd do."""

    def __init__(self, form: Fluentd) -> None:
        self._form = form
        self._cut: dict[int, tuple[str, int]] = {}  # by stream: the id of the line, and how many pieces came

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        last = len(lines) - 1
        return [self._message(line, number == last) for number, line in enumerate(lines)]

    def _message(self, line: LogLine, is_last: bool) -> bytes:
        record = {**self._form.fields, "source": _SOURCES[line.stream], "log": text_of(line), **self._piece(line)}
        option = {CHUNK: os.urandom(16).hex()} if is_last and self._form.acknowledged else {}
        return msgspec.msgpack.encode((self._form.tag, self._time(line), record, option))

    def _time(self, line: LogLine) -> int | msgspec.msgpack.Ext:
        if not self._form.precise:
            return seconds_of(line)
        data = seconds_of(line).to_bytes(4) + nanoseconds_of(line).to_bytes(4)
        return msgspec.msgpack.Ext(_EVENT_TIME, data)

    def _piece(self, line: LogLine) -> dict[str, str]:
        """What is said of a piece of a line."""
        whole = line.data.endswith(b"\n")
        if whole and line.stream not in self._cut:
            return {}
        identity, count = self._cut.pop(line.stream, (_identity(self._form, line), 0))
        if not whole:
            self._cut[line.stream] = identity, count + 1
        return {
            "partial_message": "true",
            "partial_id": identity,
            "partial_ordinal": str(count + 1),
            "partial_last": "true" if whole else "false",
        }


def _identity(form: Fluentd, line: LogLine) -> str:
    return hashlib.sha256(f"{form.fields['container_id']} {line.stream} {line.time}".encode()).hexdigest()
