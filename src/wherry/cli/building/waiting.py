"""The lines of an answer, and the moments in which none came."""

import queue
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LINES_AHEAD = 1000


def lines_and_ticks(lines: "Iterable[bytes]", tick: "Callable[[], None]", seconds: float) -> "Iterator[bytes]":
    """The lines as they come; ``tick`` is called whenever there was none for ``seconds``. Errors come as they were."""
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(LINES_AHEAD)
    threading.Thread(target=_read, args=(lines, waiting), daemon=True).start()
    while True:
        try:
            found = waiting.get(timeout=seconds)
        except queue.Empty:
            tick()
            continue
        if found is None:
            return
        if isinstance(found, BaseException):
            raise found
        yield found


def _read(lines: "Iterable[bytes]", waiting: "queue.Queue[bytes | BaseException | None]") -> None:
    try:
        for line in lines:
            waiting.put(line)
        waiting.put(None)
    except Exception as error:  # noqa: BLE001 - raised again by whoever takes the lines
        waiting.put(error)
