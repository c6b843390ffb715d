"""TCP connections, carried in both directions without a copy (splice(2)), no faster than either side takes them."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from wherry.kernel.network.relay.inner import inner_socket

_BACKLOG: Final = 4096
_AT_ONCE: Final = 16  # accepts, or pieces of one direction, before others have their turn
_PIECE: Final = 1 << 16  # bytes: what a pipe holds
_PAUSE: Final = 1.0  # seconds without accepting when there are no descriptors left
_NO_DESCRIPTORS: Final = (errno.EMFILE, errno.ENFILE)


class Connections:
    """The host's end of a port."""

    def __init__(self, bound: socket.socket, target: tuple[str, int]) -> None:
        """Listens from now on. OSError if the port cannot be listened at."""
        self._bound = bound
        self._target = target
        self._open: set[_Connection] = set()
        self._loop = asyncio.get_running_loop()
        # Lingering connections of an earlier listener do not stand in the way. That this one listens keeps others out.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.listen(_BACKLOG)
        self._listen()

    def close(self) -> None:
        """End all of it."""
        self._loop.remove_reader(self._bound)
        self._bound.close()
        for connection in tuple(self._open):
            connection.close()

    def _listen(self) -> None:
        if self._bound.fileno() >= 0:
            self._loop.add_reader(self._bound, self._accept)

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(_AT_ONCE):
                try:
                    self._take()
                except OSError as error:
                    if error.errno not in _NO_DESCRIPTORS:
                        raise
                    self._loop.remove_reader(self._bound)
                    self._loop.call_later(_PAUSE, self._listen)
                    return

    def _take(self) -> None:
        """The next caller. OSError if there is none, or no descriptor for them or for the container's end."""
        caller, _address = self._bound.accept()
        try:
            inner = inner_socket(self._target[0], socket.SOCK_STREAM)
        except OSError:
            caller.close()
            raise
        self._open.add(_Connection(caller, inner, self._target, ended=self._open.discard))


class _Connection:
    """A caller and, by the socket ``inner``, the container that it called. ``ended`` is told when it is over."""

    def __init__(
        self,
        caller: socket.socket,
        inner: socket.socket,
        target: tuple[str, int],
        *,
        ended: "Callable[[_Connection], None]",
    ) -> None:
        self._caller = caller
        self._inner = inner
        self._ways: tuple[_Way, ...] = ()
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        caller.setblocking(False)
        self._inner.connect_ex(target)
        outcome = self._inner.connect_ex(target)  # a bridge has answered by now
        if outcome == errno.EALREADY:
            self._loop.add_writer(self._inner, self._connected)
        else:
            self._loop.call_soon(self._begin if outcome in (0, errno.EISCONN) else self.close)

    def close(self) -> None:
        for end in (self._caller, self._inner):
            self._loop.remove_reader(end)
            self._loop.remove_writer(end)
            end.close()
        for way in self._ways:
            way.close()
        self._ended(self)

    def _connected(self) -> None:
        self._loop.remove_writer(self._inner)
        if self._inner.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.close()  # nobody listens there, which the caller learns by the end of the connection
        else:
            self._begin()

    def _begin(self) -> None:
        try:
            for source, sink in ((self._caller, self._inner), (self._inner, self._caller)):
                self._ways = (*self._ways, _Way(source, sink, self._check))
        except OSError:
            self.close()  # no descriptors for pipes
            return
        for way in self._ways:
            way.carry()

    def _check(self) -> None:
        """After one direction has come to its end, or failed: the other may still go on."""
        if any(way.failed for way in self._ways) or all(way.over for way in self._ways):
            self.close()


class _Way:
    """One direction of a connection. ``told`` is called at its end."""

    def __init__(self, source: socket.socket, sink: socket.socket, told: Callable[[], None]) -> None:
        self.over = self.failed = False
        self._source, self._sink, self._told = source, sink, told
        self._out, self._in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._held = 0
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)

    def carry(self) -> None:
        """As much as there is and is taken, a few pieces at a time; the rest when the loop says so."""
        try:
            for _ in range(_AT_ONCE):
                if not self._held and not self._fill():
                    return
                if not self._empty():
                    return
        except OSError:
            self.failed = True
            self._told()
            return
        self._loop.add_reader(self._source, self.carry)

    def _fill(self) -> bool:
        """Whether there is something to pass on; if not, it is waited for, unless this was the end."""
        try:
            self._held = os.splice(self._source.fileno(), self._in, _PIECE, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            self._loop.add_reader(self._source, self.carry)
            return False
        if not self._held:
            self._loop.remove_reader(self._source)
            self._sink.shutdown(socket.SHUT_WR)
            self.over = True
            self._told()
        return self._held > 0

    def _empty(self) -> bool:
        """Whether all could be passed on; if not, the sink is waited for."""
        try:
            while self._held:
                self._held -= os.splice(self._out, self._sink.fileno(), self._held, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            self._loop.remove_reader(self._source)
            self._loop.add_writer(self._sink, self._emptied)
            return False
        return True

    def _emptied(self) -> None:
        self._loop.remove_writer(self._sink)
        self.carry()
