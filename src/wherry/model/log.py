"""Lines of a container's output."""

from msgspec import Struct


class LogLine(Struct, frozen=True):
    """One line of output. ``stream`` 1 is stdout, 2 stderr; ``time`` RFC 3339 with nanoseconds; ``data`` keeps its
    newline, or has none where a long line was cut."""

    stream: int
    time: str
    data: bytes


class LogLimits(Struct, frozen=True, kw_only=True):
    """How much of a log is kept: ``files`` of about ``size`` bytes; older ones are ``packed``."""

    size: int
    files: int
    packed: bool = False


class LogRange(Struct, frozen=True, kw_only=True):
    """Which lines: ``since`` and ``until`` in ns since the epoch (0: no bound), ``tail`` lines from the end or None."""

    stdout: bool = True
    stderr: bool = True
    since: int = 0
    until: int = 0
    tail: int | None = None
