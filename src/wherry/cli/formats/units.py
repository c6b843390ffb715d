"""Sizes, ages and durations as Docker prints them (the rules of docker/go-units and of Go's ``time``)."""

from time import localtime, strftime

DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def human_size(size: float, precision: int = 4) -> str:
    """``1230000`` → ``1.23MB``: steps of 1000, ``precision`` significant digits."""
    return _scaled(size, 1000, DECIMAL, precision)


def bytes_size(size: float) -> str:
    """``1073741824`` → ``1GiB``: steps of 1024."""
    return _scaled(size, 1024, BINARY, 4)


def _scaled(size: float, step: int, names: tuple[str, ...], precision: int) -> str:
    exponent = 0
    while size >= step and exponent < len(names) - 1:
        size /= step
        exponent += 1
    return f"{size:.{precision}g}{names[exponent]}"


def human_duration(seconds: float) -> str:
    """An age in words: ``About a minute``, ``2 hours``, ``3 weeks``."""
    whole = int(seconds)
    minutes, hours = whole // 60, int(seconds / 3600 + 0.5)
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // 24
    if hours < 24 * 7 * 2:
        return f"{days} days"
    if hours < 24 * 30 * 2:
        return f"{days // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{days // 30} months"
    return f"{int(seconds / 3600) // 24 // 365} years"


def ago(created: float, now: float) -> str:
    """How long before ``now`` (both in seconds since 1970) something was made."""
    return f"{human_duration(now - created)} ago"


def local_time(seconds: int) -> str:
    """Local time as Go prints it: ``2024-05-01 12:00:00 +0200 CEST``."""
    return strftime("%Y-%m-%d %H:%M:%S %z %Z", localtime(seconds))


def rfc3339(seconds: int, nanoseconds: int | None = None) -> str:
    """Local time with its offset: ``2024-05-01T12:00:00+02:00``, ``…Z`` for none; nanoseconds have nine digits."""
    moment = localtime(seconds)
    fraction = "" if nanoseconds is None else f".{nanoseconds:09d}"
    zone = strftime("%z", moment)
    zone = "Z" if zone == "+0000" else f"{zone[:-2]}:{zone[-2:]}"
    return strftime("%Y-%m-%dT%H:%M:%S", moment) + fraction + zone


def go_time(text: str) -> str:
    """An RFC 3339 time as Go's ``Time.String`` has it: ``2024-05-01 12:00:00.5 +0000 UTC``."""
    date, _, clock = text.partition("T")
    for zone in ("Z", "+", "-"):
        time, found, offset = clock.partition(zone)
        if found:
            break
    if "." in time:
        time = time.rstrip("0").rstrip(".")
    if not offset:
        return f"{date} {time} +0000 UTC"
    numeric = zone + offset.replace(":", "")
    return f"{date} {time} {numeric} {numeric}"


def go_duration(nanoseconds: int) -> str:
    """``90000000000`` → ``1m30s``, as Go's ``Duration.String``."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest < SECOND:
        scale, unit = next((scale, unit) for scale, unit in ((10**6, "ms"), (10**3, "µs"), (1, "ns")) if rest >= scale)
        return f"{sign}{_decimal(rest, scale)}{unit}"
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{text}{_decimal(rest, SECOND)}s"


def _decimal(value: int, scale: int) -> str:
    whole, fraction = divmod(value, scale)
    digits = f"{fraction:0{len(str(scale)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)
