"""From an address, as dockerd's ``--host`` takes it, to sockets that listen."""

import grp
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from wherry.errors import Conflict, InvalidArgument

DEFAULT_TCP_PORT = 2375
FIRST_INHERITED_FD = 3
"""The first descriptor that a service manager passes, see sd_listen_fds(3)."""

_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 9),
)
"""Options that end a connection whose client has vanished without a word, after 150 seconds: those of Go's servers."""


class Listener(NamedTuple):
    """A bound socket; ``path`` is to be removed when it closes."""

    socket: socket.socket
    path: str | None = None

    @property
    def is_unix(self) -> bool:
        return self.socket.family == socket.AF_UNIX

    @property
    def address(self) -> str:
        name = self.socket.getsockname()
        if self.is_unix:
            return f"unix://{name}"
        host = f"[{name[0]}]" if self.socket.family == socket.AF_INET6 else name[0]
        return f"tcp://{host}:{name[1]}"


def open_listeners(
    address: str, *, group: str | int | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Listener, ...]:
    """Bind the sockets of an address.

    ``unix://PATH`` gets mode 0660 and the group; ``tcp://HOST:PORT`` (port 0 picks one); ``fd://`` takes the sockets
    that the service manager opened, ``fd://NUMBER`` one of them.

    Raises:
        InvalidArgument: the address or the group makes no sense.
        Conflict: somebody else answers there.
        OSError: the kernel refuses.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        raise InvalidArgument(f"invalid address {address}: it needs a scheme, as in unix:///run/docker.sock")
    if scheme == "unix":
        return (_unix(rest, group),)
    if scheme == "tcp":
        return (_tcp(rest),)
    if scheme == "fd":
        return _inherited(rest, environ)
    raise InvalidArgument(f"invalid address {address}: unknown scheme {scheme}")


def check_free(address: str) -> None:
    """Conflict or OSError if somebody answers at an address already. What a dead server left there is removed."""
    scheme, _, rest = address.partition("://")
    if scheme == "unix":
        _remove_stale(rest)
    elif scheme == "tcp":
        _tcp(rest).socket.close()


def _unix(path: str, group: str | int | None) -> Listener:
    """A folder that is not there is made: by default the socket's is the exec root's, and that may be elsewhere."""
    gid = -1 if group is None else _group_id(group)
    _remove_stale(path)
    Path(path).absolute().parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(path)
        os.chown(path, -1, gid)
        os.chmod(path, 0o660)
    except OSError:
        sock.close()
        raise
    return Listener(sock, path)


def _group_id(group: str | int) -> int:
    if isinstance(group, int) or group.isdecimal():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise InvalidArgument(f"group {group} not found") from None


def _remove_stale(path: str) -> None:
    """Remove a socket file that a dead server has left behind."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise Conflict(f"{path} exists and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise Conflict(f"another server listens on {path}")


def _tcp(rest: str) -> Listener:
    host, _, port = rest.rpartition(":") if ":" in rest.rpartition("]")[2] else (rest, "", "")
    host = host.strip("[]") or "127.0.0.1"
    if port and not port.isdecimal():
        raise InvalidArgument(f"invalid port {port} in tcp://{rest}")
    number = int(port) if port else DEFAULT_TCP_PORT
    try:
        family, kind, protocol, _, name = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise InvalidArgument(f"cannot resolve {host}: {error.strerror}") from error
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in _KEEP_ALIVE:  # what is accepted inherits them: tcp(7)
            sock.setsockopt(*option)
        sock.bind(name)
    except OSError:
        sock.close()
        raise
    return Listener(sock)


def _inherited(which: str, environ: Mapping[str, str]) -> tuple[Listener, ...]:
    """All sockets for ``""`` and ``*``, else the one of that number; the others are closed."""
    count = int(environ.get("LISTEN_FDS", 0)) if environ.get("LISTEN_PID") == str(os.getpid()) else 0
    if not count:
        raise InvalidArgument("no sockets found via socket activation: make sure the service was started by systemd")
    fds = range(FIRST_INHERITED_FD, FIRST_INHERITED_FD + count)
    if which in ("", "*"):
        return tuple(Listener(socket.socket(fileno=fd)) for fd in fds)
    if not which.isdecimal():
        raise InvalidArgument(f"failed to parse systemd fd address: should be a number: {which}")
    if int(which) not in fds:
        raise InvalidArgument("too few socket activated files passed in by systemd")
    for fd in fds:
        if fd != int(which):
            os.close(fd)
    return (Listener(socket.socket(fileno=int(which))),)
