"""Views of a build that leave Docker's lines, or none."""

from ..progress import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..output import Output
    from .stream import Message


class Plain:
    """Docker's own lines, in the order of the file."""

    def __init__(self, out: "Output") -> None:
        self._screen = Screen(out)

    def message(self, message: "Message") -> None:
        self._screen.show(message)

    def step(self, detail: "Message") -> None:
        """Docker's lines say it."""

    def output(self, detail: "Message") -> None:
        """Docker's lines say it."""

    def sent(self, size: int) -> None:
        """How large the context is was told before."""

    def close(self) -> None:
        """All is said."""


class Quiet(Plain):
    """Nothing, unless the build fails: then it is told what led to that."""

    def __init__(self, out: "Output") -> None:
        super().__init__(out)
        self._messages: list[Message] = []

    def message(self, message: "Message") -> None:
        self._messages.append(message)

    def told(self) -> str:
        """What the engine said: the image's ID, if it was asked to be quiet."""
        return "".join(message.get("stream", "") for message in self._messages).strip()

    def replay(self) -> None:
        for message in self._messages:
            super().message(message)
