"""The user's terminal: its size, raw mode, the keys that detach."""

import termios

from .output import terminal_size
from .signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

DEFAULT_DETACH_KEYS = b"\x10\x11"  # ctrl-p ctrl-q
FATAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class ChangedMode:
    """Within it the terminal has the attributes that ``change`` makes of its own: `raw`, for one.

    The old mode comes back on leaving, and before a signal ends the process.
    """

    def __init__(self, descriptor: int, change: "Callable[[list[Any]], list[Any]]") -> None:
        self._descriptor = descriptor
        self._change = change
        self._guarded: list[int] = []

    def __enter__(self) -> None:
        self._before = termios.tcgetattr(self._descriptor)
        for number in FATAL:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._die)
                self._guarded.append(number)
        termios.tcsetattr(self._descriptor, termios.TCSANOW, self._change(self._before))

    def __exit__(self, *_: object) -> None:
        termios.tcsetattr(self._descriptor, termios.TCSANOW, self._before)
        for number in self._guarded:
            signal.signal(number, signal.SIG_DFL)

    def _die(self, number: int, _: "FrameType | None") -> None:
        self.__exit__()
        signal.raise_signal(number)


def raw(attributes: "list[Any]") -> "list[Any]":
    """What ``cfmakeraw`` of termios(3) makes of a terminal's attributes: every key is passed on as it is, and no output
    changed."""
    iflag, oflag, cflag, lflag, ispeed, ospeed, characters = attributes
    t = termios
    iflag &= ~(t.IGNBRK | t.BRKINT | t.PARMRK | t.ISTRIP | t.INLCR | t.IGNCR | t.ICRNL | t.IXON)
    oflag &= ~t.OPOST
    lflag &= ~(t.ECHO | t.ECHONL | t.ICANON | t.ISIG | t.IEXTEN)
    cflag = (cflag & ~(t.CSIZE | t.PARENB)) | t.CS8
    characters = list(characters)
    characters[t.VMIN], characters[t.VTIME] = 1, 0
    return [iflag, oflag, cflag, lflag, ispeed, ospeed, characters]


def detach_sequence(text: str) -> bytes:
    """``ctrl-p,ctrl-q`` → the bytes those keys send. ValueError for a key that there is not."""
    if not text:
        return DEFAULT_DETACH_KEYS
    return bytes(_key(name) for name in text.split(","))


def _key(name: str) -> int:
    if len(name) == 1:
        return ord(name)
    letter = name.removeprefix("ctrl-")
    if len(letter) == 1 and len(name) == 6:
        if "a" <= letter <= "z":
            return ord(letter) - ord("a") + 1
        if letter in "@[\\]^_":
            return ord(letter) - ord("@")
    raise ValueError(f"Unknown character: '{name}'")


class DetachFilter:
    """Holds back what may become the detach sequence."""

    def __init__(self, sequence: bytes) -> None:
        self._sequence = sequence
        self._matched = 0

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """What to pass on, and whether the sequence is complete (then nothing behind it counts)."""
        passed = bytearray()
        for byte in data:
            if byte == self._sequence[self._matched]:
                self._matched += 1
                if self._matched == len(self._sequence):
                    return bytes(passed), True
                continue
            passed += self._sequence[: self._matched]
            self._matched = 1 if byte == self._sequence[0] else 0
            if not self._matched:
                passed.append(byte)
        return bytes(passed), False


def watch_size(descriptor: int, tell: "Callable[[int, int], None]") -> None:
    """Tell rows and columns now and whenever they change."""

    def changed(_number: int, _frame: "FrameType | None") -> None:
        rows, columns = terminal_size(descriptor)
        if rows and columns:
            tell(rows, columns)

    signal.signal(signal.SIGWINCH, changed)
    changed(signal.SIGWINCH, None)
