"""What systemd is told of the daemon (sd_notify(3), ``Type=notify``)."""

import logging
import os
from socket import AF_UNIX, SOCK_DGRAM, socket

READY, STOPPING = "READY=1", "STOPPING=1"
_log = logging.getLogger(__name__)

_VARIABLE = "NOTIFY_SOCKET"


class Notifier:
    """Sends to the socket that the environment names, if it names one. The variable is taken out of it: runtimes that
    see it wait for such a word of their containers."""

    def __init__(self) -> None:
        name = os.environ.pop(_VARIABLE, "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name

    def tell(self, state: str) -> None:
        """Say it. Where nobody listens the daemon goes on: it serves its clients all the same."""
        if not self._address:
            return
        with socket(AF_UNIX, SOCK_DGRAM) as sender:
            try:
                sender.sendto(state.encode(), self._address)
            except OSError as error:
                _log.warning("systemd could not be told %s: %s", state, error)
