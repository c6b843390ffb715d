"""Chunks that are made while those before them are used."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

AHEAD = 4  # chunks that may wait
DIRECT = 2  # chunks, of up to 1 MiB: fewer are not worth a thread


def drawn_ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, never empty ones; all but the first are made by a thread, if one is to be had. Raises what
    making them raises."""
    for _ in range(DIRECT):
        if not (chunk := next(chunks, b"")):
            return
        yield chunk
    made: SimpleQueue[bytes | Exception] = SimpleQueue()
    room: SimpleQueue[None] = SimpleQueue()
    thread = threading.Thread(target=_make, args=(chunks, made, room), name="ahead", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the host has no more of them
        yield from chunks
        return
    for _ in range(AHEAD):
        room.put(None)
    while piece := made.get():
        if isinstance(piece, Exception):
            raise piece
        room.put(None)
        yield piece


def _make(chunks: Iterator[bytes], made: "SimpleQueue[bytes | Exception]", room: "SimpleQueue[None]") -> None:
    end: bytes | Exception = b""
    try:
        for chunk in chunks:
            made.put(chunk)
            room.get()
    except Exception as error:  # noqa: BLE001 - raised again where the chunks are drawn
        end = error
    made.put(end)
