"""Buffered bytes to a file descriptor: what ``sys.stdout`` is, without the layers between."""

from posix import get_terminal_size, isatty, write
from select import POLLOUT, poll

from .signals import signal

FLUSH_AT = 1 << 16
DEFAULT_COLUMNS = 80


class Output:
    """Collects text (UTF-8) and bytes; ``flush`` writes them. A closed pipe ends the program as SIGPIPE would."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: str | bytes) -> None:
        part = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        self._parts.append(part)
        self._size += len(part)
        if self._size >= FLUSH_AT:
            self.flush()

    def line(self, text: str) -> None:
        self.write(f"{text}\n")

    def flush(self) -> None:
        data, self._parts, self._size = b"".join(self._parts), [], 0
        while data:
            try:
                data = data[write(self.descriptor, data) :]
            except BlockingIOError:  # whoever shares the descriptor made it so
                ready = poll()
                ready.register(self.descriptor, POLLOUT)
                ready.poll()
            except BrokenPipeError:
                signal.signal(signal.SIGPIPE, signal.SIG_DFL)
                signal.raise_signal(signal.SIGPIPE)

    def put(self, data: bytes) -> None:
        """Write at once."""
        self.write(data)
        self.flush()

    def isatty(self) -> bool:
        return isatty(self.descriptor)

    def columns(self) -> int:
        """The terminal's width; 80 where there is no terminal."""
        return terminal_size(self.descriptor)[1] or DEFAULT_COLUMNS


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Rows and columns; (0, 0) where there is no terminal."""
    if not isatty(descriptor):
        return 0, 0
    columns, rows = get_terminal_size(descriptor)
    return rows, columns
