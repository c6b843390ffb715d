"""Between an attached container and this process: stdin there, stdout and stderr here."""

from posix import isatty, read
from select import POLLIN, POLLOUT, poll

from ...client.frames import STDERR, SYSTEM_ERROR, Demultiplexer
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...client.connection import Hijacked
    from ..session import Session
    from ..terminal import DetachFilter

STDIN_DESCRIPTOR = 0
READ_SIZE = 1 << 15


class Detached(Exception):
    """The user typed the keys that detach."""

    def __init__(self) -> None:
        super().__init__("read escape sequence")


def check_terminal(*, stdin: bool, tty: bool) -> None:
    """CommandError when a terminal is needed and stdin is none."""
    if stdin and tty and not isatty(STDIN_DESCRIPTOR):
        raise CommandError("the input device is not a TTY")


def relay(session: "Session", stream: "Hijacked", *, stdin: bool, tty: bool, detach_keys: str) -> None:
    """Carry bytes until the container's output ends, then close the stream; from a terminal in raw mode with a ``tty``.

    Detached when ``detach_keys`` are typed there.
    """
    try:
        if stdin and tty and isatty(STDIN_DESCRIPTOR):
            _relay_keys(session, stream, detach_keys)
        else:
            _Relay(session, stream, None).run(stdin=stdin)
    finally:
        stream.close()


def _relay_keys(session: "Session", stream: "Hijacked", detach_keys: str) -> None:
    from ..terminal import ChangedMode, DetachFilter, detach_sequence, raw

    try:
        keys = DetachFilter(detach_sequence(detach_keys))
    except ValueError:
        raise CommandError(f"Invalid detach keys ({detach_keys}) provided") from None
    with ChangedMode(STDIN_DESCRIPTOR, raw):
        _Relay(session, stream, keys).run(stdin=True)


class _Relay:
    """Never waits to send while there is output to take: a container that waits for its reader would wait for ever."""

    def __init__(self, session: "Session", stream: "Hijacked", keys: "DetachFilter | None") -> None:
        self._session = session
        self._stream = stream
        self._keys = keys
        self._frames = Demultiplexer() if stream.multiplexed else None
        self._unsent = b""
        self._poll = poll()

    def run(self, *, stdin: bool) -> None:
        self._poll.register(self._stream.fileno(), POLLIN)
        if stdin:
            self._poll.register(STDIN_DESCRIPTOR, POLLIN)
        if self._stream.has_buffered:
            self._show(self._stream.recv())
        while True:
            for descriptor, event in self._poll.poll():
                if descriptor == STDIN_DESCRIPTOR:
                    self._take_input()
                    continue
                if event & POLLOUT:
                    self._send()
                if event & ~POLLOUT and not self._take_output():
                    return

    def _take_output(self) -> bool:
        """Show what came; False at the end."""
        data = self._stream.recv()
        self._show(data)
        return bool(data)

    def _show(self, data: bytes) -> None:
        if self._frames is None:
            self._session.out.put(data)
            return
        for kind, payload in self._frames.feed(data):
            if kind == SYSTEM_ERROR:
                raise CommandError(f"error from daemon in stream: {payload.decode('utf-8', 'replace')}")
            (self._session.err if kind == STDERR else self._session.out).put(payload)

    def _take_input(self) -> None:
        """Read once; stdin is not polled again before all of it is sent."""
        self._poll.unregister(STDIN_DESCRIPTOR)
        data = _read_input()
        if not data:
            self._stream.close_write()
            return
        detached = False
        if self._keys:
            data, detached = self._keys.feed(data)
        self._unsent = data
        self._send()
        if detached:
            raise Detached

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[self._stream.send_some(self._unsent) :]
        except (BrokenPipeError, ConnectionResetError):
            return  # nobody reads it any more; the output says why
        if self._unsent:
            self._poll.modify(self._stream.fileno(), POLLIN | POLLOUT)
        else:
            self._poll.modify(self._stream.fileno(), POLLIN)
            self._poll.register(STDIN_DESCRIPTOR, POLLIN)


def _read_input() -> bytes:
    """The next of stdin; b"" at its end, when its terminal is gone, and when it is not open at all."""
    try:
        return read(STDIN_DESCRIPTOR, READ_SIZE)
    except OSError:
        return b""
