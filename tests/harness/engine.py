"""A real engine in a network namespace of its own, and the clients that talk to it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.harness.waiting import PATIENCE

BIN = Path(sys.executable).parent
TIMEOUT = 60 * PATIENCE
# The daemon under test; WHERRY_TEST_DAEMON=dockerd proves on the original what the tests expect.
DAEMON = os.environ.get("WHERRY_TEST_DAEMON") or str(BIN / "wherryd")

_LISTEN = """
import socket, sys
place = "127.0.0.1", int(sys.argv[1])
if sys.argv[3] == "udp":
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(place)
else:
    listener = socket.create_server(place)
socket.send_fds(socket.socket(fileno=int(sys.argv[2])), [b"x"], [listener.fileno()])
"""


class Host:
    """A network namespace that stands for a machine."""

    def __init__(self) -> None:
        self.name = f"wherry-{uuid.uuid4().hex[:8]}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.run(["ip", "link", "set", "lo", "up"])

    def inside(self, argv: Sequence[str | Path]) -> list[str]:
        """The command that runs ``argv`` there. Not ``ip netns exec``: that hides the control groups."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, argv)]

    def run(self, argv: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.inside(argv), check=True, capture_output=True, text=True, timeout=TIMEOUT, **options)  # type: ignore[call-overload,no-any-return]

    def listen(self, port: int, protocol: str = "tcp") -> socket.socket:
        """A socket that listens there, for a server of the test's own; or one of ``udp``."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            argv = self.inside([sys.executable, "-c", _LISTEN, str(port), str(theirs.fileno()), protocol])
            subprocess.run(argv, check=True, pass_fds=[theirs.fileno()])
            _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
        return socket.socket(fileno=listener)

    def close(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


def program(client: str) -> str:
    return str(BIN / "wherry") if client == "wherry" else client


class Engine:
    """A daemon on real parts. ``client`` is the command that ``run`` types: wherry or docker."""

    def __init__(self, folder: Path, *flags: str, daemon: str = DAEMON, host: Host | None = None) -> None:
        self.host = host or Host()
        self.daemon = daemon
        self.folder = folder
        self.data_root = folder / "data"
        self.exec_root = Path("/run") / self.host.name
        self.socket = folder / "engine.sock"
        self.log = folder / "wherryd.log"
        self.flags = flags
        self.daemon = daemon
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def launch(self, *flags: str) -> None:
        """Start the daemon without waiting for it."""
        folders: list[str | Path] = ["--data-root", self.data_root, "--exec-root", self.exec_root]
        argv = [self.daemon, "-H", self.url, *folders, "--pidfile", self.exec_root / "engine.pid"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.host.inside([*argv, *self.flags, *flags]), stdout=log, stderr=log)

    def start(self, *flags: str) -> None:
        """Start the daemon and wait until its socket answers."""
        self.launch(*flags)
        assert self.process is not None
        deadline = time.monotonic() + TIMEOUT
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the daemon did not start:\n{self.log.read_text()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
                client.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
                return client.recv(15).startswith(b"HTTP/1.1 200")
            except (FileNotFoundError, ConnectionError):  # none yet, or the last moment of one that was killed
                return False

    def highest_memory(self) -> int:
        """Bytes that the daemon held at the worst moment of its life."""
        assert self.process is not None
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM; the daemon must end by itself."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(TIMEOUT) == 0, self.log.read_text()

    def command(self, client: str, *arguments: str | Path) -> list[str]:
        """A client's command line, run on this host."""
        return self.host.inside([program(client), "-H", self.url, *arguments])

    def run(
        self, client: str, *arguments: str | Path, check: bool = True, stdin: str | bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type a command; with ``check`` it must succeed."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        raw = subprocess.run(
            self.command(client, *arguments),
            input=data if data is not None else b"",
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        done = subprocess.CompletedProcess(raw.args, raw.returncode, raw.stdout.decode(), raw.stderr.decode())
        if check:
            assert done.returncode == 0, f"{done.args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def close(self) -> None:
        """Remove all containers, end the daemon, and leave nothing of it on the machine."""
        if self.process is not None and self.process.poll() is None:
            ids = self.run("docker", "ps", "-aq").stdout.split()
            if ids:
                self.run("docker", "rm", "-fv", *ids)
            self.stop()
        self.host.close()
        for left in (self.exec_root / "netns/default", self.data_root):  # dockerd leaves them at times
            if f" {left} " in Path("/proc/self/mountinfo").read_text():
                subprocess.run(["umount", left], check=True)
        shutil.rmtree(self.exec_root, ignore_errors=True)


def busybox_tar(path: Path) -> Path:
    """A root file system of busybox as a tar archive."""
    tree = path.with_suffix(".tree")
    for folder in ("bin", "etc", "tmp", "root", "proc", "sys", "dev", "var/www", "home"):
        (tree / folder).mkdir(parents=True)
    busybox = shutil.which("busybox")
    assert busybox is not None
    shutil.copy(busybox, tree / "bin" / "busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            (tree / "bin" / applet).symlink_to("busybox")
    (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:User:/home:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\nusers:x:1000:user\n")
    (tree / "tmp").chmod(0o1777)
    (tree / "var/www/index.html").write_text("hello from a container\n")
    subprocess.run(["tar", "-C", tree, "--owner=0", "--group=0", "-cf", path, "."], check=True)
    shutil.rmtree(tree)
    return path
