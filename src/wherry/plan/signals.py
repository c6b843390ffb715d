"""Signals by name or number (signal(7))."""

import signal

from wherry.errors import InvalidArgument

KILL = int(signal.SIGKILL)
_HIGHEST = 64


def number(text: str) -> int:
    """``SIGTERM``, ``term``, ``15``, ``SIGRTMIN+3`` → the signal's number. InvalidArgument with Docker's text."""
    if text.isdecimal():
        if 0 < int(text) <= _HIGHEST:
            return int(text)
        raise InvalidArgument(f"invalid signal: {text}")
    name = "SIG" + text.upper().removeprefix("SIG")
    base, sign, offset = name.partition("+") if "+" in name else name.partition("-")
    if base not in signal.Signals.__members__ or (sign and not offset.isdecimal()):
        raise InvalidArgument(f"invalid signal: {text}")
    return int(signal.Signals[base]) + (int(offset) if sign == "+" else -int(offset) if sign else 0)
