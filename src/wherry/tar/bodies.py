"""Bodies of requests, read from the connections that they come by."""

import os
import select
from collections.abc import Generator, Iterable, Iterator

from ..framing import BrokenFraming, decoder_of
from .format.header import TarError

_READ = 1 << 18  # bytes at a time


def body(framing: str, chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """The payload of a body that is framed as ``decoder_of`` takes it. ``TarError`` if the framing is broken or the
    chunks end within."""
    decoder = decoder_of(framing)
    for chunk in chunks:
        try:
            payload, _ = decoder.feed(chunk)
        except BrokenFraming as error:
            raise TarError(str(error)) from error
        if payload:
            yield payload
        if decoder.complete:
            return
    raise TarError("unexpected EOF")


def read(fd: int, *interruptions: int) -> Iterator[bytes]:
    """What can be read from a descriptor, whether that blocks or not: to its end, or until one of ``interruptions`` can
    be read too while there is nothing."""
    ready = select.poll()
    for each in (fd, *interruptions):
        ready.register(each, select.POLLIN)
    while True:
        try:
            chunk = os.read(fd, _READ)
        except BlockingIOError:
            if any(found in interruptions for found, _ in ready.poll()):
                return
            continue
        if not chunk:
            return
        yield chunk
