"""Signals and terminal sizes, passed on to a container while this process waits for it."""

from ...client.connection import ApiError, CannotConnect, Client
from ..signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

OWN = {
    signal.SIGABRT, signal.SIGBUS, signal.SIGCHLD, signal.SIGFPE, signal.SIGILL, signal.SIGKILL, signal.SIGPIPE,
    signal.SIGSEGV, signal.SIGSTOP, signal.SIGTRAP, signal.SIGURG,
}  # fmt: skip
"""Signals that speak of this process itself, or that no process can catch."""


def pass_signals(client: Client, container: str) -> None:
    """From now on send every signal that this process gets to the container.

    Each goes over a connection of its own: it may come in the midst of another request.
    """

    def forward(number: int, _frame: "FrameType | None") -> None:
        _tell(client, f"/containers/{container}/kill", {"signal": str(number)})

    for number in signal.valid_signals() - OWN:
        signal.signal(number, forward)


def pass_size(client: Client, path: str) -> None:
    """Tell the size of the terminal to ``path`` (``…/resize``) now and whenever it changes; nothing without one."""
    from ..terminal import watch_size

    watch_size(1, lambda rows, columns: tell_size(client, path, rows, columns))


def tell_size(client: Client, path: str, rows: int, columns: int) -> None:
    """Tell one size to ``path`` (``…/resize``)."""
    _tell(client, path, {"h": str(rows), "w": str(columns)})


def _tell(client: Client, path: str, query: dict[str, str]) -> None:
    """Best effort: the process may have ended, or not have begun."""
    try:
        client.twin().call("POST", path, query=query)
    except (ApiError, CannotConnect):
        return
