"""Events for Splunk's HTTP Event Collector: JSON objects, one after the other (docs.splunk.com, "Format events for HTTP
Event Collector"; moby ``daemon/logger/splunk``)."""

import gzip
from collections.abc import Sequence
from typing import Any

import msgspec

from wherry.collectors.encoding import HOSTNAME, SOURCES, nanoseconds_of, seconds_of
from wherry.model.collector import Splunk
from wherry.model.log import LogLine


class SplunkEncoder:
    """What is no UTF-8 becomes U+FFFD, as by Go's encoder of JSON."""

    def __init__(self, form: Splunk) -> None:
        self._form = form
        told = (f"{name}={value}" for name, value in form.attributes.items())
        self._prefix = "".join(f"{text} " for text in (form.tag, *told) if text)

    def body(self, lines: Sequence[LogLine]) -> bytes:
        """Of one request; b"" if there is nothing to tell."""
        events = ((line, self._event(line)) for line in lines)
        body = b"".join(self._message(line, event) for line, event in events if event is not None)
        compresses = self._form.level is not None and body
        return gzip.compress(body, self._form.level or 0, mtime=0) if compresses else body

    def _message(self, line: LogLine, event: Any) -> bytes:
        time = f"{seconds_of(line)}.{nanoseconds_of(line) // 1000:06}"
        return msgspec.json.encode({"event": event, "time": time, "host": HOSTNAME, **self._form.fields})

    def _event(self, line: LogLine) -> Any:
        """None for one that the collector would not take: white space alone."""
        text = line.data.removesuffix(b"\n").decode(errors="replace")
        if self._form.format == "raw":
            return self._prefix + text if text.strip() else None
        told = _parsed(text) if self._form.format == "json" else text
        optional = {"tag": self._form.tag, "attrs": self._form.attributes}
        return {"line": told, "source": SOURCES[line.stream], **{name: each for name, each in optional.items() if each}}


def _parsed(text: str) -> Any:
    """A line that is JSON as it is, any other as a string."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return msgspec.Raw(text.encode())
