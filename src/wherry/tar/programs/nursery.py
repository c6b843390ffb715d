"""The process that starts the other programs quicker than anew: it has imported them, and forks.

Standard input is a socket that keeps messages apart (SOCK_SEQPACKET); NUL separates the parts of a message. It is told
``start``, a number, a program's name and its arguments, with two descriptors or three: the program's standard input,
where all that it writes goes, and a connection; or ``kill`` and a number. It tells a number and a status when a program
has ended, as ``os.waitstatus_to_exitcode`` has it. Its programs end with it, and it ends with the one at the other end.
"""

import _socket
import ctypes
import os
import select
import signal
import sys
from importlib import import_module

from ..format.compression import prepare
from .protocol import CONNECTION

_LONGEST = 1 << 18
_DESCRIPTORS = 3
_INT = 4  # bytes of one, as cmsg(3) carries it
_PR_SET_PDEATHSIG = 1


def main() -> None:
    Nursery(_socket.socket(fileno=0)).run()


class Nursery:
    def __init__(self, link: _socket.socket) -> None:
        self._link = link
        self._libc = ctypes.CDLL(None)
        self._poll = select.poll()
        self._poll.register(link, select.POLLIN)
        self._running: dict[int, tuple[int, bytes]] = {}  # pidfd → pid, number
        self._started = 0

    def run(self) -> None:
        """Until the other end is closed."""
        while True:
            for fd, _ in self._poll.poll():
                if fd in self._running:
                    self._reap(fd)
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        message, descriptors, _, _ = self._link.recvmsg(_LONGEST, _socket.CMSG_SPACE(_DESCRIPTORS * _INT))
        if not message:
            return False
        verb, number, *words = message.split(b"\0")
        if verb == b"kill":
            self._kill(number)
        else:
            (_, _, data), *_ = descriptors
            given = [int.from_bytes(data[at : at + _INT], sys.byteorder) for at in range(0, len(data), _INT)]
            self._start(number, words, given)
            for fd in given:
                os.close(fd)
        return True

    def _start(self, number: bytes, words: list[bytes], given: list[int]) -> None:
        program, *arguments = map(os.fsdecode, words)
        module = import_module(f"wherry.tar.programs.{program}")
        self._started += 1
        if self._started == 2:
            prepare()  # there will be more, and each would import it for itself
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(here, *given)
                sys.argv[1:] = arguments
                module.main()
            finally:
                os._exit(1)
        pidfd = os.pidfd_open(pid)
        self._running[pidfd] = pid, number
        self._poll.register(pidfd, select.POLLIN)

    def _become(self, parent: int, stdin: int, output: int, *connection: int) -> None:
        self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        for target, fd in enumerate((stdin, output, output, *connection)):
            os.dup2(fd, target)
        os.closerange(CONNECTION + len(connection), 1 << 20)

    def _kill(self, number: bytes) -> None:
        for pid, each in self._running.values():
            if each == number:
                os.kill(pid, signal.SIGKILL)

    def _reap(self, pidfd: int) -> None:
        pid, number = self._running.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        self._link.send(b"%s\0%d" % (number, os.waitstatus_to_exitcode(status)))
