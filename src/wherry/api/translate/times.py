"""Times and ages in Docker's words. Records keep nanoseconds since the epoch, 0 for never."""

from wherry.plan import timestamps
from wherry.plan.timestamps import SECOND

NEVER = "0001-01-01T00:00:00Z"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def rfc3339(nanoseconds: int) -> str:
    """Go's RFC3339Nano, with Go's zero time for never."""
    return timestamps.rfc3339(nanoseconds) if nanoseconds else NEVER


def rfc3339_seconds(nanoseconds: int) -> str:
    """The same without a fraction."""
    return rfc3339(nanoseconds // SECOND * SECOND)


def whole_seconds(nanoseconds: int) -> int:
    return nanoseconds // SECOND


def age(nanoseconds: int) -> str:
    """A duration in words (go-units ``HumanDuration``): ``About a minute``, ``3 hours``."""
    seconds = nanoseconds // SECOND
    if seconds < 1:
        return "Less than a second"
    if seconds < _MINUTE:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes, hours = seconds // _MINUTE, (seconds + _HOUR // 2) // _HOUR
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // 24
    if days < 14:
        return f"{days} days"
    if days < 60:
        return f"{days // 7} weeks"
    if days < 730:
        return f"{days // 30} months"
    return f"{seconds // _DAY // 365} years"
