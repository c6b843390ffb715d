"""Progress streams of the engine (pull, load, import, push): JSON messages → lines, or bars on a terminal.

On a terminal each ``id`` keeps a line of its own, which the cursor goes back to; elsewhere only messages without a
count become lines. Source of the messages: Docker Engine API, ``POST /images/create``.
"""

from ..client.jsonlite import loads
from .config.credentials import auth_headers
from .formats.units import human_size
from .references import parse
from .session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..client.connection import Response
    from .output import Output
    from .session import Session

    Message = dict[str, Any]

BAR_WIDTH = 50
COLUMNS_FOR_A_BAR = 110
CLEAR_LINE = "\x1b[2K\r"


def pull(
    session: "Session", reference: str, *, platform: str | None, quiet: bool, out: str, all_tags: bool = False
) -> None:
    """Have the engine pull an image and show how it goes on ``out``, "stdout" or "stderr".

    Without a tag or digest it is ``latest``, or every tag with ``all_tags``. InvalidReference, ApiError, and
    CommandError for a pull that fails after it began.
    """
    parts = parse(reference)
    query = {"fromImage": parts.familiar_name}
    if not all_tags:
        query["tag"] = parts.digest or parts.tag or "latest"
    if platform:
        query["platform"] = platform
    response = session.client.call("POST", "/images/create", query=query, headers=auth_headers(session, parts.domain))
    render(response, None if quiet else session.out if out == "stdout" else session.err)


def render(response: "Response", out: "Output | None") -> None:
    """Show a progress stream to its end (with None only read it). CommandError with the text of an error in it."""
    screen = Screen(out) if out else None
    failure = None
    for line in response.lines():
        if not line:
            continue
        message = loads(line)
        problem = message.get("errorDetail") or message.get("error")
        if problem:
            failure = failure or CommandError(_problem(problem))
        elif screen:
            screen.show(message)
    if failure:
        raise failure


def _problem(problem: "str | dict[str, Any]") -> str:
    if isinstance(problem, str):
        return problem
    return "authentication is required" if problem.get("code") == 401 else str(problem["message"])


class Screen:
    """Where the messages of one stream go."""

    def __init__(self, out: "Output") -> None:
        self.out = out
        self.terminal = out.isatty()
        self.lines: dict[str, int] = {}

    def show(self, message: "Message") -> None:
        if "aux" in message:
            return
        if self.terminal:
            self._draw(message)
            self.out.flush()
        elif not bar(message.get("progressDetail"), self.out.columns()):
            self.out.write(_text(message))
            self.out.flush()

    def _draw(self, message: "Message") -> None:
        identifier = message.get("id", "")
        detail = message.get("progressDetail")
        up = self._lines_up(identifier) if identifier and detail is not None else 0
        if not up:
            self.lines.clear()
        if up:
            self.out.write(f"\x1b[{up}A")
        if detail is None or "stream" in message:
            self.out.write(_text(message))
        else:
            status = message.get("status", "")
            prefix = f"{identifier}: " if identifier else ""
            self.out.write(f"{CLEAR_LINE}{prefix}{status} {bar(detail, self.out.columns())}\r")
        if up:
            self.out.write(f"\x1b[{up}B")

    def _lines_up(self, identifier: str) -> int:
        """How far above the cursor the line of ``identifier`` is; a new one is added at the bottom."""
        if identifier not in self.lines:
            self.lines[identifier] = len(self.lines)
            self.out.write("\n")
        return len(self.lines) - self.lines[identifier]


def _text(message: "Message") -> str:
    """A message without a bar; ``stream`` brings its own line ends."""
    if "stream" in message:
        return str(message["stream"])
    prefix = f"{message['id']}: " if message.get("id") else ""
    return f"{prefix}{message.get('status', '')}\n"


def bar(detail: "dict[str, Any] | None", columns: int) -> str:
    """``[=====>     ]  1.5MB/3MB``; "" when nothing is counted."""
    current, total = (detail or {}).get("current", 0), (detail or {}).get("total", 0)
    units = (detail or {}).get("units", "")
    if current <= 0 and total <= 0:
        return ""
    if total <= 0:
        return f"{current} {units}" if units else f"{human_size(current):>8}"
    filled = min(BAR_WIDTH, int(current / total * 100) // 2)
    drawn = f"[{'=' * filled}>{' ' * (BAR_WIDTH - filled)}] " if columns > COLUMNS_FOR_A_BAR else ""
    if units:
        return f"{drawn}{current}/{total} {units}" if current <= total else f"{drawn}{current} {units}"
    counted = f"{human_size(current):>8}"
    return f"{drawn}{counted}/{human_size(total)}" if current <= total else drawn + counted
