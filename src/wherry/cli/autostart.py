"""Starting the engine because a command needs it and nobody said that it is elsewhere."""

import posix
import sys
import time

from ..client.connection import CannotConnect, Client
from .session import CommandError, getenv

PROGRAM = "wherryd"
LOG_FILE = "/var/log/wherry.log"
PATIENCE = 15.0
FIRST_PAUSE, LAST_PAUSE = 0.005, 0.1
TAIL_LINES = 10


def start_engine(client: Client) -> None:
    """Start ``wherryd`` in a session of its own and connect ``client``. CommandError when it does not come up."""
    program = find_program(sys.argv[0])
    if program is None:
        raise CommandError(f"Cannot connect to the Docker daemon at {client.host}. Is the docker daemon running?")
    log = _log_path(client.host.removeprefix("unix://"))
    begin = posix.stat(log).st_size
    pid = _spawn(program, log)
    deadline = time.monotonic() + PATIENCE
    pause = FIRST_PAUSE
    while not _connects(client):
        died = posix.waitpid(pid, posix.WNOHANG)[0]
        if died and not _connects(client):  # another one may have won the race for the socket
            raise CommandError(f"{program} ended at once; the end of {log}:\n{_tail(log, begin)}")
        if time.monotonic() > deadline:
            raise CommandError(f"{program} does not answer at {client.host}; see {log}")
        time.sleep(pause)
        pause = min(2 * pause, LAST_PAUSE)


def find_program(script: str) -> str | None:
    """The engine beside the running script, else on PATH."""
    beside = script.rpartition("/")[0]
    for directory in [beside or ".", *getenv("PATH").split(":")]:
        path = f"{directory}/{PROGRAM}"
        if posix.access(path, posix.X_OK):
            return path
    return None


def _connects(client: Client) -> bool:
    try:
        client.connect()
    except CannotConnect:
        return False
    return True


def _log_path(socket_path: str) -> str:
    """A log file that can be written, made if need be: the system's, or one beside the socket."""
    beside = f"{socket_path.rpartition('/')[0]}/{PROGRAM}.log"
    for path in (LOG_FILE, beside):
        try:
            _append_to(path)
        except OSError:
            continue
        return path
    raise CommandError(f"cannot start {PROGRAM}: neither {LOG_FILE} nor {beside} can be written")


def _append_to(path: str) -> None:
    posix.close(posix.open(path, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC, 0o640))


def _spawn(program: str, log: str) -> int:
    null = (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0)
    out = (posix.POSIX_SPAWN_OPEN, 1, log, posix.O_WRONLY | posix.O_APPEND, 0)
    err = (posix.POSIX_SPAWN_DUP2, 1, 2)
    return posix.posix_spawn(program, [program], posix.environ, file_actions=[null, out, err], setsid=True)


def _tail(log: str, begin: int) -> str:
    with open(log, "rb") as file:
        file.seek(begin)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
