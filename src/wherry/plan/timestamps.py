"""Times as clients write them, and as they are told. Nothing here reads a clock: what "now" is, is an argument.

Two dialects, both of moby's ``api/types/time``: endpoints that stream (logs, events) take UNIX seconds only, since
their clients convert; filters such as ``until`` take what people write.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from wherry.errors import InvalidArgument

SECOND = 1_000_000_000

_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": SECOND, "m": 60 * SECOND}
_UNITS["h"] = 60 * _UNITS["m"]

_DURATION_PART = re.compile(r"(\d{1,19}(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(rf"([+-]?)((?:{_DURATION_PART.pattern})+)")
_UNIX = re.compile(r"(-?\d{1,19})(?:\.(\d+))?")
_DATE = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:T(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?)?"
    r"(?P<zone>[zZ]|[+-]\d{2}:\d{2})?"
)


def parse_unix(text: str) -> int:
    """``seconds[.nanoseconds]`` since the epoch → nanoseconds; "" → 0. Digits beyond the ninth are dropped.

    Raises:
        InvalidArgument: it is something else.
    """
    if not text:
        return 0
    match = _UNIX.fullmatch(text)
    if match is None:
        raise InvalidArgument(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    seconds, fraction = int(match[1]), match[2] or ""
    return seconds * SECOND + _nanoseconds(fraction)


def parse_timestamp(text: str, now: int, utc_offset: int = 0) -> int:
    """A Go duration before ``now``, a date (with time and zone, or less), or UNIX seconds → ns since the epoch.

    ``utc_offset`` in seconds east of Greenwich is for dates without a zone.

    Raises:
        InvalidArgument: it is none of these.
    """
    duration = parse_duration(text) if text != "0" else None
    if duration is not None:
        return now - duration
    if (match := _DATE.fullmatch(text)) is not None:
        return _from_date(text, match, utc_offset)
    if _UNIX.fullmatch(text):
        return parse_unix(text)
    raise InvalidArgument(f'failed to parse value as time or duration: "{text}"')


def parse_duration(text: str) -> int | None:
    """Go's ``time.ParseDuration``: ``1h30m`` or ``1.5s`` → nanoseconds; None if it is no duration."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return 0 if text == "0" else None
    total = sum(_part(number, unit) for number, unit in _DURATION_PART.findall(match[2]))
    return -total if match[1] == "-" else total


def rfc3339(nanoseconds: int) -> str:
    """A time since the epoch in UTC, as Go's RFC3339Nano: as many digits of the fraction as it needs."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    digits = f".{fraction:09}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"


def duration_text(nanoseconds: int) -> str:
    """A duration as Go writes it (``time.Duration.String``): ``0s``, ``500ms``, ``1.5s``, ``1m30s``, ``1h0m0s``."""
    if 0 < nanoseconds < SECOND:
        return f"{nanoseconds / 1_000_000:.6f}".rstrip("0").rstrip(".") + "ms"
    seconds, fraction = divmod(nanoseconds, SECOND)
    minutes, hours = seconds // 60, seconds // 3600
    text = f"{seconds % 60}" + (f".{fraction:09}".rstrip("0") if fraction else "") + "s"
    text = f"{minutes % 60}m{text}" if minutes else text
    return f"{hours}h{text}" if hours else text


def _part(number: str, unit: str) -> int:
    whole, _, fraction = number.partition(".")
    scale = _UNITS[unit]
    fraction = fraction[:15]
    return int(whole or 0) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)


def _from_date(text: str, match: re.Match[str], utc_offset: int) -> int:
    fields = [match["hour"], match["minute"], match["second"]]
    clock = ":".join(field or "00" for field in fields)
    try:
        moment = datetime.fromisoformat(f"{match['date']}T{clock}").replace(tzinfo=_zone(match["zone"], utc_offset))
    except ValueError as error:
        raise InvalidArgument(f'parsing time "{text}": {error}') from None
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86400 + elapsed.seconds) * SECOND + _nanoseconds(match["fraction"] or "")


def _zone(text: str | None, utc_offset: int) -> timezone:
    if text is None:
        return timezone(timedelta(seconds=utc_offset))
    if text in "zZ":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _nanoseconds(fraction: str) -> int:
    return int(fraction[:9].ljust(9, "0")) if fraction else 0
