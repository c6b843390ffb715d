"""A command in a terminal of its own, with someone at the keyboard."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.harness.waiting import PATIENCE

CTRL_C = "\x03"
CTRL_P_CTRL_Q = "\x10\x11"
CTRL_Z = "\x1a"


class Terminal:
    """Runs ``argv`` with a pseudo-terminal as its controlling terminal. Use in a ``with`` statement."""

    def __init__(self, argv: Sequence[str], *, rows: int = 24, columns: int = 80) -> None:
        self._master, self._slave = os.openpty()
        self.resize(rows, columns)
        self._unread = ""
        self.process = subprocess.Popen(
            ["setsid", "-c", *argv], stdin=self._slave, stdout=self._slave, stderr=self._slave
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def resize(self, rows: int, columns: int) -> None:
        """As a window's edge is dragged: the kernel sends SIGWINCH to what runs in front."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self) -> list[object]:
        """Whether it echoes, edits lines, …: as tcgetattr(3) tells it."""
        return list(termios.tcgetattr(self._slave))

    def echoes(self) -> bool:
        """Whether it shows what is typed."""
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def expect(self, text: str, seconds: float = 60) -> str:
        """Read until ``text`` is on the screen; gives what came before it. What follows is read next time."""
        deadline = time.monotonic() + seconds * PATIENCE
        while text not in self._unread:
            data = self._read(deadline)
            assert data, f"{text!r} never came, but {self._unread!r}"
            self._unread += data
        before, _, self._unread = self._unread.partition(text)
        return before

    def ask(self, command: str) -> str:
        """Type a command to a shell and give the line it prints."""
        self.type(f"echo [$({command})]\n")
        self.expect("\n[")
        return self.expect("]")

    def wait(self, seconds: float = 60) -> int:
        """The exit code. What it prints meanwhile can be expected afterwards."""
        deadline = time.monotonic() + seconds * PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self._unread += self._read(time.monotonic() + 0.02)
        return self.process.wait(0)

    def _read(self, deadline: float) -> str:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return ""
        return os.read(self._master, 65536).decode(errors="replace")
