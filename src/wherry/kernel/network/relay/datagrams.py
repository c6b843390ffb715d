"""Datagrams, carried to a container and its answers back."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from wherry.kernel.network.relay.inner import inner_socket

_IDLE: Final = 90.0  # seconds without a datagram, after which nobody waits for an answer any more
_SENDERS: Final = 1024  # at once to one port; what others send is lost, as in a full queue
_LARGEST: Final = 65535
_AT_ONCE: Final = 64


Address = tuple[Any, ...]
"""A sender, as sockets tell it."""


class Datagrams:
    """The host's end of a port. Each sender has a socket of its own to the container, which tells answers apart."""

    def __init__(self, bound: socket.socket, target: tuple[str, int]) -> None:
        self._bound = bound
        self._target = target
        self._senders: dict[Address, _Sender] = {}
        bound.setblocking(False)
        asyncio.get_running_loop().add_reader(bound, self._receive)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._bound)
        for address in tuple(self._senders):
            self._forget(address)
        self._bound.close()

    def _receive(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(_AT_ONCE):
                data, address = self._bound.recvfrom(_LARGEST)
                if address in self._senders or len(self._senders) < _SENDERS:
                    with suppress(OSError):  # no descriptors, a full queue, or nobody who listens: lost
                        self._sender(address).send(data)

    def _sender(self, address: Address) -> "_Sender":
        if address not in self._senders:
            self._senders[address] = _Sender(
                self._target,
                answer=lambda data: self._answer(data, address),
                idle=lambda: self._forget(address),
            )
        return self._senders[address]

    def _answer(self, data: bytes, address: Address) -> None:
        with suppress(OSError):  # lost, as datagrams are
            self._bound.sendto(data, address)

    def _forget(self, address: Address) -> None:
        self._senders.pop(address).close()


class _Sender:
    """One sender's way to the container. ``idle`` is called when nothing has passed for a while."""

    def __init__(self, target: tuple[str, int], *, answer: Callable[[bytes], None], idle: Callable[[], None]) -> None:
        """OSError if there are no descriptors, or no way to the container."""
        self._socket = _connected(target)
        self._answer = answer
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(_IDLE, self._check)
        self._loop.add_reader(self._socket, self._receive)

    def send(self, data: bytes) -> None:
        """OSError if the queue is full, or nobody listens."""
        self._last = self._loop.time()
        self._socket.send(data)

    def close(self) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _receive(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(_AT_ONCE):
                data = self._socket.recv(_LARGEST)
                self._last = self._loop.time()
                self._answer(data)

    def _check(self) -> None:
        left = self._last + _IDLE - self._loop.time()
        if left <= 0:
            self._idle()
        else:
            self._timer = self._loop.call_later(left, self._check)


def _connected(target: tuple[str, int]) -> socket.socket:
    made = inner_socket(target[0], socket.SOCK_DGRAM)
    try:
        made.connect(target)
    except OSError:
        made.close()
        raise
    return made
