"""Signals by name or number (signal(7))."""

import signal

from wherry.errors import InvalidArgument
from wherry.plan.go_values import decimal

KILL = int(signal.SIGKILL)
_HIGHEST = 64


def number(text: str) -> int:
    """``SIGTERM``, ``term``, ``15``, ``SIGRTMIN+3`` → the signal's number. InvalidArgument with Docker's text."""
    if value := decimal(text.removeprefix("-"), 2**63 - 1):
        return _supported(-value if text.startswith("-") else value)
    name = "SIG" + text.upper().removeprefix("SIG")
    base, sign, offset = name.partition("+") if "+" in name else name.partition("-")
    distance = decimal(offset, _HIGHEST) if sign else 0
    if base not in signal.Signals.__members__ or distance is None:
        raise InvalidArgument(f"invalid signal: {text}")
    return int(signal.Signals[base]) + (-distance if sign == "-" else distance)


def _supported(number: int) -> int:
    if not 0 < number <= _HIGHEST:
        raise InvalidArgument(f"the linux daemon does not support signal {number}")
    return number
