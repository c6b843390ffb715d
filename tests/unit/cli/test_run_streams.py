"""What a user sees of run, exec, attach, start and logs: streams, exit codes, terminals, signals.

The command line runs as a process of its own against an engine whose one container does what the test says.
"""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_engine import STREAM, TERMINAL, FakeEngine, Peer, Request, frame

import wherry
from wherry.cli.commands.run import start_failure_status

SOURCE = Path(wherry.__file__).parents[1]
PATIENCE = 20
MISSING = 'exec: "nope": executable file not found in $PATH: unknown'


class Container:
    """Container ``abc`` of an engine; ``process`` is what it does with the peer that is attached."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.process: Callable[[Peer], None] = lambda peer: None
        self.content_type = STREAM
        self.exit_code = 0
        self.exited = threading.Event()
        config = {"Tty": False, "OpenStdin": True}
        state = {"Running": True, "Paused": False, "Restarting": False}
        self.inspected = {"Id": "abc", "Config": config, "State": state, "HostConfig": {"AutoRemove": False}}
        engine.on("POST", "/containers/create", status=201, body={"Id": "abc"})
        engine.on("GET", "/containers/abc/json", body=self.inspected)
        engine.on("POST", "/containers/abc/attach", self.attach)
        engine.on("POST", "/containers/abc/wait", self.wait)
        engine.on("POST", "/containers/abc/start", status=204)
        engine.on("POST", "/containers/abc/exec", status=201, body={"Id": "e"})
        engine.on("POST", "/exec/e/start", self.run)
        engine.on("GET", "/exec/e/json", lambda _, peer: peer.answer(200, {"ExitCode": self.exit_code}))

    def attach(self, _: Request, peer: Peer) -> None:
        peer.upgrade(self.content_type)
        self.process(peer)
        peer.end()
        self.exited.set()

    def run(self, _: Request, peer: Peer) -> None:
        peer.upgrade(self.content_type)
        self.process(peer)
        peer.end()

    def wait(self, _: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.exited.wait(PATIENCE)
        body = b'{"StatusCode":%d}' % self.exit_code
        peer.raw(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

    def command(self, *argv: str) -> list[str]:
        return [sys.executable, "-IS", "-c", MAIN, str(SOURCE), "-H", self.engine.host, *argv]

    def call(self, *argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self.command(*argv), input=stdin, capture_output=True, timeout=PATIENCE)


MAIN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from wherry.cli.main import main; main()"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    engine = FakeEngine(tmp_path / "s")
    yield Container(engine)
    engine.close()


def outcome(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes, bytes]:
    return done.returncode, done.stdout, done.stderr


def says(*frames: tuple[int, bytes]) -> Callable[[Peer], None]:
    return lambda peer: peer.raw(b"".join(frame(kind, payload) for kind, payload in frames))


def echoes(peer: Peer) -> None:
    while data := peer.sock.recv(65536):
        peer.raw(frame(1, data))


@pytest.mark.parametrize(
    "argv", [("run", "busybox"), ("exec", "abc", "x"), ("attach", "abc"), ("start", "-a", "abc")], ids=lambda a: a[0]
)
def test_streams_and_exit_code(container: Container, argv: tuple[str, ...]) -> None:
    container.process = says((1, b"out\n"), (2, b"err\n"), (1, b"more\n"))
    container.exit_code = 7
    assert outcome(container.call(*argv)) == (7, b"out\nmore\n", b"err\n")


@pytest.mark.parametrize("argv", [("run", "-i", "busybox"), ("exec", "-i", "abc", "x"), ("start", "-i", "abc")])
def test_input_ends_while_output_goes_on(container: Container, argv: tuple[str, ...]) -> None:
    container.process = lambda peer: peer.raw(frame(1, b"read " + peer.read_to_end()))
    assert outcome(container.call(*argv, stdin=b"typed\n")) == (0, b"read typed\n", b"")


def test_without_interactive_nothing_is_read(container: Container) -> None:
    container.process = says((1, b"done\n"))
    assert outcome(container.call("run", "busybox", stdin=b"typed\n")) == (0, b"done\n", b"")
    assert "stdin" not in container.engine.sent("POST", "/containers/abc/attach")[0].query


def test_much_input_and_output_at_once(container: Container) -> None:
    """A process that writes while it reads would stand still if the client only wrote."""
    container.process = echoes
    data = os.urandom(8_000_000)
    assert outcome(container.call("run", "-i", "busybox", stdin=data)) == (0, data, b"")


def test_input_that_nobody_reads(container: Container) -> None:
    def process(peer: Peer) -> None:
        peer.sock.shutdown(0)
        peer.raw(frame(1, b"done\n"))
        while peer.sock.recv(1 << 16):  # what had come before: a close would reset the connection
            pass

    container.process = process
    done = container.call("run", "-i", "busybox", stdin=b"x" * 8_000_000)
    assert outcome(done) == (0, b"done\n", b"")


def test_the_id_is_all_that_detach_prints(container: Container) -> None:
    assert outcome(container.call("run", "-d", "busybox")) == (0, b"abc\n", b"")
    assert not container.engine.sent("POST", "/containers/abc/attach")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (MISSING, 127),
        ("stat /nope: no such file or directory: unknown", 127),
        ('exec: "/etc": is a directory: unknown: permission denied', 126),
        ("permission denied", 126),
        ("network foo not found", 125),
    ],
)
def test_status_of_a_container_that_does_not_start(container: Container, message: str, status: int) -> None:
    container.engine.on("POST", "/containers/abc/start", status=400, body={"message": message})
    done = container.call("run", "busybox")
    assert outcome(done) == (status, b"", f"wherry: Error response from daemon: {message}.\n".encode())
    assert start_failure_status(message) == status


def test_exit_code_that_the_engine_cannot_tell(container: Container) -> None:
    container.exited.set()
    container.engine.on("POST", "/containers/abc/wait", body={"StatusCode": 0, "Error": {"Message": "lost"}})
    done = container.call("run", "busybox")
    assert outcome(done) == (125, b"", b"Error waiting for container: lost\n")


def test_a_missing_image_is_pulled(container: Container) -> None:
    answers = [(404, {"message": "No such image: x:latest"}), (201, {"Id": "abc"})]
    container.engine.on("POST", "/containers/create", lambda _, peer: peer.answer(*answers.pop(0)))
    container.engine.on("POST", "/images/create", body={"status": "Pulled"})
    done = container.call("run", "x")
    assert done.returncode == 0
    assert done.stderr.startswith(b"Unable to find image 'x:latest' locally\n")
    pulled = container.engine.sent("POST", "/images/create")[0]
    assert (pulled.query["fromImage"], pulled.query["tag"]) == ("x", "latest")


def test_what_is_no_reference_cannot_be_pulled(container: Container) -> None:
    done = container.call("run", "--pull=always", "no reference")
    assert outcome(done) == (125, b"", b"wherry: invalid reference format.\nSee 'wherry run --help'.\n")
    done = container.call("create", "--pull=always", "no reference")
    assert outcome(done) == (1, b"", b"invalid reference format\n")


def test_a_missing_image_is_not_pulled_when_never(container: Container) -> None:
    message = {"message": "No such image: x:latest"}
    container.engine.on("POST", "/containers/create", status=404, body=message)
    done = container.call("run", "--pull=never", "x")
    text = b"wherry: Error response from daemon: No such image: x:latest.\nSee 'wherry run --help'.\n"
    assert outcome(done) == (125, b"", text)


@pytest.mark.parametrize("image", ["0123456789abcdef" * 4, "sha256:" + "0123456789abcdef" * 4])
def test_an_image_named_by_its_id_is_not_pulled(container: Container, image: str) -> None:
    container.engine.on("POST", "/containers/create", status=404, body={"message": f"No such image: {image}"})
    done = container.call("run", image)
    assert done.returncode == 125
    assert done.stderr.startswith(b"wherry: Error response from daemon: No such image")


def test_a_pull_that_fails_half_way(container: Container) -> None:
    container.engine.on("POST", "/containers/create", status=404, body={"message": "No such image: x:latest"})
    container.engine.on("POST", "/images/create", body={"errorDetail": {"message": "no space"}, "error": "no space"})
    done = container.call("run", "-q", "x")
    assert outcome(done) == (125, b"", b"wherry: no space.\nSee 'wherry run --help'.\n")


def test_the_platform_of_the_environment(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/arm64")
    container.call("create", "x")
    assert container.engine.requests[0].query == {"platform": "linux/arm64"}


def test_nobody_to_run_it(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none"
    argv = [sys.executable, "-IS", "-c", MAIN, str(SOURCE), "-H", host, "run", "busybox"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        125,
        f"wherry: Cannot connect to the Docker daemon at {host}. Is the docker daemon running?.\n"
        "See 'wherry run --help'.\n",
    )


@pytest.mark.parametrize(
    ("state", "word"),
    [({"Running": False}, "stopped"), ({"Paused": True}, "paused"), ({"Restarting": True}, "restarting")],
)
def test_attach_refuses_what_does_not_run(container: Container, state: dict[str, bool], word: str) -> None:
    container.inspected["State"].update(state)
    done = container.call("attach", "abc")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(f"You cannot attach to a {word} container".encode())


def test_a_terminal_is_needed(container: Container) -> None:
    assert outcome(container.call("run", "-it", "busybox")) == (1, b"", b"the input device is not a TTY\n")
    assert not container.engine.requests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP])
def test_signals_are_passed_on(container: Container, number: signal.Signals) -> None:
    killed = threading.Event()

    def kill(_: Request, peer: Peer) -> None:
        peer.answer(204)
        killed.set()

    def process(peer: Peer) -> None:
        peer.raw(frame(1, b"ready\n"))
        killed.wait(PATIENCE)
        peer.raw(frame(1, b"bye\n"))

    container.engine.on("POST", "/containers/abc/kill", kill)
    container.process = process
    with subprocess.Popen(container.command("run", "busybox"), stdout=subprocess.PIPE) as client:
        assert client.stdout.readline() == b"ready\n"
        client.send_signal(number)
        assert client.stdout.read() == b"bye\n"
    assert client.returncode == 0
    assert container.engine.sent("POST", "/containers/abc/kill")[0].query == {"signal": str(int(number))}


def test_without_sig_proxy_a_signal_ends_the_client(container: Container) -> None:
    released = threading.Event()

    def process(peer: Peer) -> None:
        peer.raw(frame(1, b"ready\n"))
        released.wait(PATIENCE)

    container.process = process
    argv = container.command("run", "--sig-proxy=false", "busybox")
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as client:
        client.stdout.readline()
        client.send_signal(signal.SIGTERM)
        assert client.wait(PATIENCE) == -signal.SIGTERM
    released.set()


class Terminal:
    """A command line in a terminal of 33 rows and 77 columns."""

    def __init__(self, argv: list[str]) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(self.master, (33, 77))
        self.mode = termios.tcgetattr(slave)
        self.client = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        self.slave = slave
        self.output = b""

    def read_until(self, text: bytes) -> None:
        while text not in self.output:
            self.output += os.read(self.master, 65536)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self.master, (rows, columns))
        self.client.send_signal(signal.SIGWINCH)

    def end(self) -> int:
        """The exit status; the terminal's mode must be what it was."""
        status = self.client.wait(PATIENCE)
        assert termios.tcgetattr(self.slave) == self.mode
        os.close(self.slave)
        os.close(self.master)
        return status


def shell(peer: Peer) -> None:
    """Says what it reads, byte for byte, until it reads q."""
    peer.raw(b"ready\r\n")
    while data := peer.sock.recv(65536):
        peer.raw(repr(data).encode() + b"\r\n")
        if b"q" in data:
            return


TERMINAL_COMMANDS = [
    ("run", "-it", "busybox"),
    ("exec", "-it", "abc", "sh"),
    ("attach", "abc"),
    ("start", "-ai", "abc"),
]


@pytest.fixture
def shell_container(container: Container) -> Container:
    container.process = shell
    container.content_type = TERMINAL
    container.inspected["Config"]["Tty"] = True
    container.engine.on("POST", "/containers/abc/resize", body=None)
    container.engine.on("POST", "/exec/e/resize", body=None)
    return container


@pytest.mark.parametrize("argv", TERMINAL_COMMANDS, ids=lambda argv: argv[0])
def test_keys_arrive_as_they_are(shell_container: Container, argv: tuple[str, ...]) -> None:
    terminal = Terminal(shell_container.command(*argv))
    terminal.read_until(b"ready")
    terminal.type(b"\x03\r")
    terminal.read_until(b"'\\x03\\r'")
    terminal.type(b"q")
    assert terminal.end() == 0


@pytest.mark.parametrize("argv", TERMINAL_COMMANDS, ids=lambda argv: argv[0])
def test_detach(shell_container: Container, argv: tuple[str, ...]) -> None:
    terminal = Terminal(shell_container.command(*argv))
    terminal.read_until(b"ready")
    terminal.type(b"\x10\x11")
    assert terminal.end() == 0
    assert b"x10" not in terminal.output


def test_keys_that_only_begin_to_detach_arrive(shell_container: Container) -> None:
    terminal = Terminal(shell_container.command("run", "-it", "busybox"))
    terminal.read_until(b"ready")
    terminal.type(b"\x10")
    terminal.type(b"\x10q")
    terminal.read_until(b"'\\x10\\x10q'")
    assert terminal.end() == 0


def test_detach_keys_of_ones_own(shell_container: Container) -> None:
    terminal = Terminal(shell_container.command("run", "-it", "--detach-keys", "ctrl-a,x", "busybox"))
    terminal.read_until(b"ready")
    terminal.type(b"\x01x")
    assert terminal.end() == 0
    assert shell_container.engine.sent("POST", "/containers/abc/attach")[0].query["detachKeys"] == "ctrl-a,x"


@pytest.mark.parametrize(
    ("argv", "path"),
    [(("run", "-it", "busybox"), "/containers/abc/resize"), (("exec", "-it", "abc", "sh"), "/exec/e/resize")],
)
def test_the_size_of_the_terminal_is_told(shell_container: Container, argv: tuple[str, ...], path: str) -> None:
    told: list[dict[str, str]] = []
    resized = threading.Semaphore(0)

    def resize(request: Request, peer: Peer) -> None:
        told.append(request.query)
        peer.answer(200)
        resized.release()

    shell_container.engine.on("POST", path, resize)
    terminal = Terminal(shell_container.command(*argv))
    assert resized.acquire(timeout=PATIENCE)
    terminal.read_until(b"ready")
    terminal.resize(40, 100)
    assert resized.acquire(timeout=PATIENCE)
    terminal.type(b"q")
    assert terminal.end() == 0
    assert told == [{"h": "33", "w": "77"}, {"h": "40", "w": "100"}]


def test_a_signal_leaves_the_terminal_as_it_was(shell_container: Container) -> None:
    terminal = Terminal(shell_container.command("run", "-it", "--sig-proxy=false", "busybox"))
    terminal.read_until(b"ready")
    terminal.client.terminate()
    assert terminal.end() == -signal.SIGTERM


def test_logs_are_split_and_a_terminals_are_not(container: Container) -> None:
    def framed(_: Request, peer: Peer) -> None:
        data = frame(1, b"out\n") + frame(2, b"err\n")
        peer.raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (STREAM.encode(), len(data), data)
        )

    container.engine.on("GET", "/containers/abc/logs", framed)
    assert outcome(container.call("logs", "abc")) == (0, b"out\n", b"err\n")
    container.engine.on(
        "GET",
        "/containers/abc/logs",
        lambda _, peer: peer.raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: 2\r\n\r\n\x01\r" % TERMINAL.encode()
        ),
    )
    assert outcome(container.call("logs", "abc")) == (0, b"\x01\r", b"")


def test_what_logs_asks_for(container: Container) -> None:
    container.engine.on("GET", "/containers/abc/logs", body=None)
    container.call(
        "logs", "-f", "-t", "--details", "-n", "5", "--since", "2020-01-01T00:00:00Z", "--until", "12.5", "abc"
    )
    assert container.engine.requests[0].query == {
        "stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "details": "1", "tail": "5",
        "since": "1577836800.000000000", "until": "12.5",
    }  # fmt: skip


def test_logs_into_a_pipe_that_closes_end_as_by_sigpipe(container: Container) -> None:
    def endless(_: Request, peer: Peer) -> None:
        peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                peer.raw(b"4\r\ny\ny\n\r\n" * 1000)
        except (BrokenPipeError, ConnectionResetError):
            return

    container.engine.on("GET", "/containers/abc/logs", endless)
    with subprocess.Popen(container.command("logs", "abc"), stdout=subprocess.PIPE) as client:
        client.stdout.read(10)
        client.stdout.close()
        assert client.wait(PATIENCE) == -signal.SIGPIPE
