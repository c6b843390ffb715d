"""Points in time as people give them: a UNIX time, a date, or a duration before now."""

from .flags.values import parse_duration
from .texts import quote

NANOSECONDS = 1_000_000_000


def to_unix(text: str, now: float) -> str:
    """The UNIX seconds, with or without a fraction, that the API takes for ``text``.

    A date without a zone is local time. ValueError when it is no point in time.
    """
    try:
        return str(int(now - parse_duration(text) / NANOSECONDS)) if text != "0" else text
    except ValueError:
        pass
    seconds, _, fraction = text.partition(".")
    if seconds.isdigit() and (fraction or "0").isdigit():
        return text
    import re
    from datetime import datetime

    # Apart, because datetime has no nanoseconds.
    nanoseconds = re.search(r"(?<=:\d\d\.)\d{1,9}", text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"failed to parse value as time or duration: {quote(text)}") from None
    return f"{int(moment.timestamp())}.{nanoseconds[0] if nanoseconds else '0':0<9}"
