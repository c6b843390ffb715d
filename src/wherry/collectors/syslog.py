"""Messages of syslog, as dockerd words them (moby ``daemon/logger/syslog``; github.com/RackSec/srslog)."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from wherry.collectors.encoding import HOSTNAME, nanoseconds_of, seconds_of
from wherry.model.collector import Syslog
from wherry.model.log import LogLine

_SEVERITIES: Final = {1: 6, 2: 3}  # info of stdout, err of stderr (RFC 5424, 6.2.1)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SyslogEncoder:
    """Empty lines are left out. Times are those of the lines, in the host's zone."""

    answer = b""

    def __init__(self, form: Syslog) -> None:
        self._form = form
        self._heads: dict[tuple[int, str], bytes] = {}

    def messages(self, lines: Sequence[LogLine]) -> list[bytes]:
        return [self._message(line) for line in lines if line.data != b"\n"]

    def _message(self, line: LogLine) -> bytes:
        message = self._head(line) + line.data.removesuffix(b"\n") + b"\n"
        return b"%d %s" % (len(message), message) if self._form.counted else message

    def _head(self, line: LogLine) -> bytes:
        """All before the text: the same for lines of a moment."""
        moment = line.time[:26] if self._form.format == "rfc5424micro" else line.time[:19]
        head = self._heads.get((line.stream, moment))
        if head is None:
            if len(self._heads) > 1:  # one a stream
                self._heads.clear()
            head = self._heads[line.stream, moment] = self._made(line).encode()
        return head

    def _made(self, line: LogLine) -> str:
        tag, pid = self._form.tag, os.getpid()
        priority = f"<{self._form.facility << 3 | _SEVERITIES[line.stream]}>"
        local = datetime.fromtimestamp(seconds_of(line)).astimezone()
        if self._form.format.startswith("rfc5424"):
            return f"{priority}1 {self._precise(local, line)} {HOSTNAME} {tag} {pid} {tag} - "
        stamp = f"{_MONTHS[local.month - 1]} {local.day:2} {local:%H:%M:%S}"
        host = f"{HOSTNAME} " if self._form.format else ""
        return f"{priority}{stamp} {host}{tag}[{pid}]: "

    def _precise(self, local: datetime, line: LogLine) -> str:
        micro = f".{nanoseconds_of(line) // 1000:06}" if self._form.format == "rfc5424micro" else ""
        zone = local.isoformat()[19:]
        return f"{local:%Y-%m-%dT%H:%M:%S}{micro}{'Z' if zone == '+00:00' else zone}"
