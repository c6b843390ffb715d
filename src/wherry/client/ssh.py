"""An engine on another machine, reached as docker reaches it: ``ssh`` runs ``system dial-stdio`` there, and what that
reads and writes is the connection."""

import subprocess
from socket import AF_UNIX, SOCK_STREAM, socket, socketpair
from urllib.parse import urlsplit

from .transport import CannotConnect, Stream

# Of two engines there, ours.
_REMOTE = "if command -v wherry >/dev/null; then exec wherry {0}; else exec docker {0}; fi"


class SshStream(Stream):
    """Ends with the process that carries it."""

    __slots__ = ("_ssh",)

    def __init__(self, ours: socket, ssh: "subprocess.Popen[bytes]") -> None:
        super().__init__(ours)
        self._ssh = ssh

    def close(self) -> None:
        super().close()
        self._ssh.terminate()
        self._ssh.wait()


def connect_ssh(host: str) -> SshStream:
    """A connection to ``ssh://[user@]name[:port][/path of the engine's socket]``. What ssh says goes to stderr.

    CannotConnect for another form of address, and where there is no ssh.
    """
    ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
    try:
        end = theirs.fileno()
        # A session of its own: what is typed to stop a container is not for ssh.
        ssh = subprocess.Popen(_command(host), stdin=end, stdout=end, start_new_session=True)
    except OSError as error:
        raise CannotConnect(f"error during connect: ssh: {error.strerror}") from None
    finally:
        theirs.close()
    return SshStream(ours, ssh)


def _command(host: str) -> list[str]:
    try:
        parts = urlsplit(host)
        port = parts.port
    except ValueError as error:
        raise CannotConnect(f"unable to parse docker host {host!r}: {error}") from None
    if not parts.hostname or parts.password is not None or parts.query or parts.fragment:
        raise CannotConnect(f"unable to parse docker host {host!r}: use ssh://[user@]host[:port]")
    user = ["-l", parts.username] if parts.username else []
    number = ["-p", str(port)] if port else []
    return ["ssh", "-o", "ConnectTimeout=30", "-T", *user, *number, "--", parts.hostname, _remote(parts.path)]


def _remote(path: str) -> str:
    """The command line for the shell there."""
    from shlex import quote

    where = f"--host {quote(f'unix://{path}')} " if path not in ("", "/") else ""
    return _REMOTE.format(f"{where}system dial-stdio")
