"""The view of a build on a terminal: what runs now at the bottom, with its time and last output; what is done above.

A step that is done leaves one line: number, instruction, time. What a step wrote is seen while it runs, and stays only
if it fails. Nothing spins; times of running steps are counted in whole seconds.
"""

import re
import time
from collections import deque

from ..formats.units import human_size
from ..output import terminal_size
from ..progress import bar
from ..texts import ellipsis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..output import Output
    from .stream import Message

LINES_SHOWN = 4  # of a running step's output
LINES_KEPT = 200  # for the case that it fails
BOLD, DIM, RED, RESET = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"
CLEAR_BELOW = "\x1b[J"
TIME_WIDTH = 9
DEFAULT_ROWS = 24
CONTEXT = "context"
PAUSE = 0.1  # seconds, at least, between two pictures of what only grows
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f\x7f]")
WARNING = re.compile(r"\[warning\]", re.IGNORECASE)


class Running:
    """A step between its start and its end."""

    def __init__(self, detail: "Message", began: float) -> None:
        self.detail = detail
        self.began = began
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._open = ""

    def write(self, text: str) -> None:
        *whole, self._open = (self._open + text).replace("\r\n", "\n").split("\n")
        self.lines += [_printable(line) for line in whole]

    def written(self) -> list[str]:
        """The last lines, one that has not ended among them."""
        return [*self.lines, *([_printable(self._open)] if self._open else [])]


class Live:
    def __init__(self, out: "Output", *, colours: bool, clock: "Callable[[], float]" = time.monotonic) -> None:
        self._out = out
        self._colours = colours
        self._clock = clock
        self._running: dict[int, Running] = {}
        self._transfers: dict[str, str] = {}
        self._shown: list[str] = []
        self._drawn_at = 0.0
        self._began = clock()
        self._total = 0
        self._done = 0
        self._cached = 0

    def message(self, message: "Message") -> None:
        """What a pull tells; of Docker's lines only warnings, for the steps are told otherwise."""
        text = message.get("stream", "")
        self._transfers.pop(CONTEXT, None)
        if text:
            if not self._total or WARNING.search(text):
                self._draw([line for line in _printable(text.strip("\n")).split("\n") if line])
            return
        identifier, detail = message.get("id", ""), message.get("progressDetail")
        if identifier and detail is not None:
            counted = bar(detail, self._out.columns())
            self._transfers[identifier] = f"{identifier}: {message.get('status', '')} {counted}".rstrip()
            self._draw_at_times()

    def step(self, detail: "Message") -> None:
        index, state = detail["index"], detail["state"]
        self._total = detail["total"]
        if state == "started":
            self._running[index] = Running(detail, self._clock())
            self._draw()
            return
        running = self._running.pop(index, None)
        self._transfers.clear()
        self._done += state != "failed"
        self._cached += state == "cached"
        told = [self._ended(detail)]
        if state == "failed" and running:
            told += [f"      {line}" for line in running.written()]
        self._draw(told)

    def output(self, detail: "Message") -> None:
        if running := self._running.get(detail["index"]):
            running.write(detail["text"])
            self._draw_at_times()

    def tick(self) -> None:
        """Nothing came for a while."""
        self._draw()

    def sent(self, size: int) -> None:
        """How much of the context the engine has."""
        self._transfers[CONTEXT] = f"Sending the build context: {human_size(size)}"
        self._draw_at_times()

    def close(self) -> None:
        self._running.clear()
        self._transfers.clear()
        self._draw()

    def summary(self, image: str, names: list[str]) -> None:
        cached = f", {self._cached} of {self._done} steps from the cache" if self._cached else ""
        text = f"Built {image} in {_seconds(self._clock() - self._began)}{cached}"
        self._out.line(self._coloured(BOLD, text))
        for name in names:
            self._out.line(f"  named {name}")

    def _ended(self, detail: "Message") -> str:
        state, seconds = detail["state"], _seconds(detail.get("seconds", 0.0))
        if state == "failed":
            return self._line(detail, f"failed {seconds}", RED)
        return self._line(detail, "cached" if state == "cached" else seconds, DIM if state == "cached" else "")

    def _line(self, detail: "Message", told: str, colour: str) -> str:
        """The step at the left, ``told`` at the right."""
        stage = "" if detail["stage"].isdigit() else f"{detail['stage']} "
        digits = len(str(detail["total"]))
        head = f"[{stage}{detail['index']:>{digits}}/{detail['total']}] {_printable(detail['text'])}"
        width = self._out.columns() - max(TIME_WIDTH, len(told) + 2) - 1
        return self._coloured(colour, f"{ellipsis(head, width):<{width}}{told:>{max(TIME_WIDTH, len(told) + 2)}}")

    def _region(self) -> list[str]:
        """What is shown of now, as far as there is room: the cursor could not come back to more."""
        lines, width = [], self._out.columns() - 1
        for running in self._running.values():
            elapsed = f"{int(self._clock() - running.began)}s"
            lines.append(self._line(running.detail, elapsed, BOLD))
            lines += [
                self._coloured(DIM, ellipsis(f"      {line}", width)) for line in running.written()[-LINES_SHOWN:]
            ]
        lines += [ellipsis(f"      {text}", width) for text in self._transfers.values()]
        rows = terminal_size(self._out.descriptor)[0] or DEFAULT_ROWS
        return lines[: rows - 1]

    def _draw_at_times(self) -> None:
        if self._clock() - self._drawn_at >= PAUSE:
            self._draw()

    def _draw(self, above: "list[str] | tuple[str, ...]" = ()) -> None:
        """Write lines that stay, and what is shown of now anew, in one go."""
        region = self._region()
        if above or region != self._shown:
            up = f"\x1b[{len(self._shown)}A\r" if self._shown else "\r"
            self._out.write(up + CLEAR_BELOW + "".join(f"{line}\n" for line in (*above, *region)))
            self._out.flush()
        self._shown, self._drawn_at = region, self._clock()

    def _coloured(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if colour and self._colours else text


def _printable(text: str) -> str:
    """Without what moves the cursor; of a line that was written over, what is seen of it."""
    return CONTROLS.sub("", text.rpartition("\r")[2].replace("\t", "    "))


def _seconds(seconds: float) -> str:
    """``0.1s``, ``2m05s``."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02}s"
