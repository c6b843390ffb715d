"""Signals by name or number (signal(7))."""

import signal

from wherry.errors import InvalidArgument

KILL = int(signal.SIGKILL)
_HIGHEST = 64


def number(text: str) -> int:
    """``SIGTERM``, ``term``, ``15``, ``SIGRTMIN+3`` → the signal's number. InvalidArgument with Docker's text."""
    if text.removeprefix("-").isdecimal() and int(text):
        return _supported(int(text))
    name = "SIG" + text.upper().removeprefix("SIG")
    base, sign, offset = name.partition("+") if "+" in name else name.partition("-")
    if base not in signal.Signals.__members__ or (sign and not offset.isdecimal()):
        raise InvalidArgument(f"invalid signal: {text}")
    return int(signal.Signals[base]) + (int(offset) if sign == "+" else -int(offset) if sign else 0)


def _supported(number: int) -> int:
    if not 0 < number <= _HIGHEST:
        raise InvalidArgument(f"the linux daemon does not support signal {number}")
    return number
