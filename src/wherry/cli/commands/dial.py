"""``system dial-stdio``: a connection to the engine, for who comes by ssh."""

import os
from threading import Thread

from ..flags import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...client.transport import Stream
    from ..session import Session

DIAL = Command("", "Proxy the stdio stream to the daemon connection. Should not be invoked manually.")
_PIECE = 1 << 16


def dial(session: "Session", argv: list[str]) -> int:
    """Bytes go both ways until the engine has sent its last; the end of stdin is passed on."""
    DIAL.parse(argv, session.spelled)
    stream = session.client.dial()
    Thread(target=_send, args=(stream,), daemon=True).start()
    while data := stream.receive():
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(1, rest) :]
    return 0


def _send(stream: "Stream") -> None:
    while data := os.read(0, _PIECE):
        stream.send(data)
    stream.close_write()
