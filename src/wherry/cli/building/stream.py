"""The answer of ``POST /build``, message by message, to a view."""

from ...client.connection import CannotConnect
from ...client.jsonlite import loads
from ..session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Protocol

    Message = dict[str, Any]

    class View(Protocol):
        """Shows how a build goes."""

        def message(self, message: Message) -> None:
            """One of Docker's."""

        def step(self, detail: Message) -> None:
            """A step's new state: ``StepDetail`` of wire/build.py."""

        def output(self, detail: Message) -> None:
            """``OutputDetail``: what a step's command wrote."""

        def sent(self, size: int) -> None:
            """So many bytes of the context have been sent."""

        def close(self) -> None:
            """Nothing more comes."""


STEP = "wherry.step"
OUTPUT = "wherry.output"
SENT = "wherry.sent"
"""What is no message of the engine's: how much of the context it has got between others."""


class BuildFailed(CommandError):
    """The engine gave up; the status is that of the command that failed."""


class Result:
    """``image`` is the ID of what was built, "" for nothing; ``failed`` the lines of the step that went wrong."""

    def __init__(self) -> None:
        self.image = ""
        self.failed: tuple[int, int] | None = None
        self.failure: BuildFailed | None = None


def follow(lines: "Iterable[bytes | None]", view: "View") -> Result:
    """Show everything to its end. Behind a failure that may be a broken connection: who gives up reads no more."""
    result = Result()
    try:
        for line in lines:
            if line:
                _take(loads(line), view, result)
    except CannotConnect:
        if result.failure is None:
            raise
    view.close()
    return result


def _take(message: "Message", view: "View", result: Result) -> None:
    detail, kind = message.get("aux"), message.get("id")
    if problem := message.get("errorDetail"):
        result.failure = BuildFailed(str(problem.get("message", "")), problem.get("code") or 1)
    elif detail is None:
        view.message(message)
    elif kind == STEP:
        if detail["state"] == "failed" and "lines" in detail:
            first, last = detail["lines"]
            result.failed = first, last
        view.step(detail)
    elif kind == OUTPUT:
        view.output(detail)
    elif kind == SENT:
        view.sent(detail["bytes"])
    elif "ID" in detail:
        result.image = detail["ID"]
