"""Starting a container with its streams here: what ``run`` and ``start --attach`` share."""

from ...client.connection import ApiError
from . import Detached, relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...client.connection import Hijacked, Response
    from ..session import Session

STATUS_ENGINE_FAILED = 125


class Attachment:
    """Which streams to attach, and how: ``tty`` and ``auto_remove`` as the container was made."""

    def __init__(
        self,
        *,
        tty: bool,
        stdin: bool,
        stdout: bool = True,
        stderr: bool = True,
        detach_keys: str = "",
        auto_remove: bool = False,
        sig_proxy: bool = True,
    ) -> None:
        self.tty = tty
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.detach_keys = detach_keys
        self.auto_remove = auto_remove
        self.sig_proxy = sig_proxy

    def query(self) -> dict[str, str]:
        """The query of ``/containers/{id}/attach``."""
        streams = {name: "1" for name in ("stdin", "stdout", "stderr") if getattr(self, name)}
        keys = {"detachKeys": self.detach_keys} if self.detach_keys else {}
        return {"stream": "1", **streams, **keys}


def start_attached(session: "Session", container: str, how: Attachment) -> int:
    """Attach, wait and start, in the order that loses neither output nor the exit code; then carry the streams.

    Returns the container's exit code, 0 when the user detached. ApiError when it does not start.
    """
    client, path = session.client, f"/containers/{container}"
    condition = "removed" if how.auto_remove else "next-exit"
    waiting = client.begin("POST", f"{path}/wait", query={"condition": condition})
    stream = client.hijack(f"{path}/attach", query=how.query())
    exited = waiting.response()
    if how.sig_proxy:
        from .passing import pass_signals

        pass_signals(session.client, container)
    try:
        client.call("POST", f"{path}/start")
    except ApiError:
        _give_up(stream, exited, how)
        raise
    if how.tty and session.out.isatty():
        from .passing import pass_size

        pass_size(session.client, f"{path}/resize")
    try:
        relay(session, stream, stdin=how.stdin, tty=how.tty, detach_keys=how.detach_keys)
    except Detached:
        return 0
    return exit_status(session, exited)


def _give_up(stream: "Hijacked", exited: "Response", how: Attachment) -> None:
    """The container did not start: one that removes itself is gone before that is told."""
    stream.close()
    if how.auto_remove:
        exited.read()


def exit_status(session: "Session", exited: "Response") -> int:
    """The exit code in the answer to ``wait``."""
    answer = exited.json()
    if failure := answer.get("Error"):
        session.err.line(f"Error waiting for container: {failure['Message']}")
        return STATUS_ENGINE_FAILED
    status: int = answer["StatusCode"]
    return status


def detach_keys(session: "Session", given: str | None) -> str:
    """The keys of the command line, else of config.json, else "" for the engine's default."""
    return given or session.config.get("detachKeys") or ""
