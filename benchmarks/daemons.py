"""Daemons of our own: a wherryd, dockerd or podman service in a network namespace and directories of its own."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.harness.engine import Host

from .contestants import Engine

START_TIMEOUT = 60
POLL_INTERVAL = 0.001
WHERRYD = Path(sys.executable).parent / "wherryd"


class DaemonFailed(Exception):
    """The daemon did not start or ended; the text is the end of its log."""


class Daemon:
    """One daemon on a real disk; as a context it is started, and stopped with nothing left behind."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.host = Host()
        self.folder = folder / f"{kind}-{self.host.name}"
        self.folder.mkdir(parents=True)
        self.data_root = self.folder / "data"
        self.exec_root = Path("/run") / self.host.name
        self.socket = self.folder / "engine.sock"
        self.engine = Engine(kind, f"unix://{self.socket}", self.host.name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> float:
        """Start the daemon; the seconds until it answers a ping."""
        argv = self.engine.inside(self._command())
        begin = time.perf_counter()
        with self._log.open("ab") as log:
            # A session of its own: a Ctrl-C is for the benchmark, which stops the daemon when it has cleaned up.
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - begin > START_TIMEOUT:
                raise DaemonFailed(self._log.read_text()[-2000:])
            time.sleep(POLL_INTERVAL)
        return time.perf_counter() - begin

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(START_TIMEOUT)

    def __enter__(self) -> "Daemon":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the daemon and remove its namespace and directories. Its containers must be gone before."""
        self.stop()
        self.host.close()
        self._unmount()
        shutil.rmtree(self.exec_root, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list[str | Path]:
        if self.kind == "podman":
            roots: list[str | Path] = ["--root", self.data_root, "--runroot", self.exec_root]
            return ["podman", *roots, "system", "service", "--time", "0", self.engine.url]
        program = WHERRYD if self.kind == "wherry" else self.kind
        roots = ["--data-root", self.data_root, "--exec-root", self.exec_root]
        return [program, "-H", self.engine.url, *roots, "--pidfile", self.exec_root / "engine.pid"]

    def _unmount(self) -> None:
        """Take off what the daemon has left mounted in its directories (proc_pid_mountinfo(5): the fifth field)."""
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed(mounted):
            if Path(point).is_relative_to(self.folder) or Path(point).is_relative_to(self.exec_root):
                subprocess.run(["umount", "--lazy", point], check=True)

    @property
    def _log(self) -> Path:
        return self.folder / "daemon.log"

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
                client.sendall(b"GET /_ping HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                return client.recv(15).startswith(b"HTTP/1.1 200")
            except (FileNotFoundError, ConnectionError):
                return False
