"""Digests that are made beside other work: by a thread, for a hash function lets go of the interpreter's lock."""

import hashlib
import threading
from queue import SimpleQueue

AHEAD = 4  # pieces that may wait for the thread
SMALL = 1 << 20  # bytes that are not worth a thread


class Hasher:
    """The SHA-256 of what it is fed, which must not change. Where no thread is to be had it does without. One caller at
    a time; to be ended."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._fed = 0
        self._tried = False
        self._thread: threading.Thread | None = None
        self._pieces: SimpleQueue[bytes | memoryview | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()

    def update(self, data: bytes | memoryview) -> None:
        """Blocks while the thread is too far behind."""
        self._fed += len(data)
        if self._fed > SMALL and not self._tried:
            self._begin()
        if self._thread is None:
            self._hash.update(data)
        else:
            self._room.get()
            self._pieces.put(data)

    def hexdigest(self) -> str:
        """Of all that it was fed; that ends it. Blocks."""
        self.end()
        return self._hash.hexdigest()

    def end(self) -> None:
        """The thread is gone when this returns. Blocks for a moment; idempotent."""
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join()
            self._thread = None

    def _begin(self) -> None:
        self._tried = True
        thread = threading.Thread(target=self._run, name="hash", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the host, or the engine's control group, has no more of them
            return
        for _ in range(AHEAD):
            self._room.put(None)
        self._thread = thread

    def _run(self) -> None:
        while piece := self._pieces.get():
            self._hash.update(piece)
            self._room.put(None)
