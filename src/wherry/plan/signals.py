"""Signals by name or number (signal(7))."""

import signal

from wherry.errors import InvalidArgument
from wherry.plan.go_values import read_int

KILL = int(signal.SIGKILL)
TERM = int(signal.SIGTERM)
_HIGHEST = 64
_NAMES = (
    {name: int(value) for name, value in signal.Signals.__members__.items()}
    | {f"SIGRTMIN+{distance}": signal.SIGRTMIN + distance for distance in range(1, 16)}
    | {f"SIGRTMAX-{distance}": signal.SIGRTMAX - distance for distance in range(1, 15)}
)


def number(text: str) -> int:
    """``SIGTERM``, ``term``, ``15``, ``SIGRTMIN+3`` → the signal's number. InvalidArgument with Docker's text."""
    try:
        value = read_int(text)
    except ValueError:
        value = _NAMES.get("SIG" + text.upper().removeprefix("SIG"), 0)
    if value == 0:
        raise InvalidArgument(f"invalid signal: {text}")
    if not 0 < value <= _HIGHEST:
        raise InvalidArgument(f"the linux daemon does not support signal {value}")
    return value
