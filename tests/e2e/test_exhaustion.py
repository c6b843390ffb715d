"""An engine that has no processes or no descriptors left: what it cannot do it says, and then it goes on."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import DAEMON, Engine
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

CGROUPS = Path("/sys/fs/cgroup")
UNAVAILABLE = "resource temporarily unavailable"
NO_THREAD = "can't start new thread"


@contextmanager
def no_more_processes(engine: Engine) -> Iterator[None]:
    """While the block runs the engine and what it starts may have no more processes and threads than it has."""
    assert engine.process is not None
    root = CGROUPS / "pids" if (CGROUPS / "pids").is_dir() else CGROUPS
    group = root / engine.host.name
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(str(engine.process.pid))
        (group / "pids.max").write_text((group / "pids.current").read_text())
        yield
    finally:
        (root / "cgroup.procs").write_text(str(engine.process.pid))
        eventually(lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()


def test_no_process_is_left(cli: Cli, engine: Engine) -> None:
    cli("run", "-d", "--name", "lasting", "busybox", "sleep", "1000")
    cli("run", "-d", "--name", "killed", "busybox", "sleep", "1000")

    with no_more_processes(engine):
        for status, command in (
            (125, ("run", "--name", "new", "busybox", "true")),
            (126, ("exec", "lasting", "true")),
            (1, ("cp", "lasting:/etc/passwd", "-")),
            (1, ("commit", "lasting", "committed")),
        ):
            done = cli(*command, check=False)
            said = (done.stdout + done.stderr).lower()
            assert done.returncode == status, said
            assert UNAVAILABLE in said or NO_THREAD in said, said
            assert "traceback" not in said
        assert cli.line("kill", "killed") == "killed"
        assert cli.line("wait", "killed") == "137"
        assert cli.inspect("lasting", "{{.State.Status}}") == "running"

    assert cli.line("exec", "lasting", "echo", "hi") == "hi"
    cli("start", "new", "killed")
    assert cli.line("wait", "new") == "0"
    assert cli.inspect("killed", "{{.State.Status}}") == "running"


def test_a_container_has_no_process_left(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--pids-limit", "3", "busybox", "sh", "-c", "sleep 1000 & sleep 1000 & wait")

    done = cli("exec", "box", "sh", "-c", "true & true & true & wait; echo through", check=False)

    assert "fork" in done.stderr
    assert "through" not in done.stdout
    assert len(cli.line("top", "box").splitlines()) == 4
    assert cli.line("run", "--rm", "busybox", "echo", "hi") == "hi"
    cli("kill", "box")
    assert cli.line("wait", "box") == "137"


def test_more_clients_than_descriptors_wait_for_each_other(
    other: Engine, client: str, busybox: Path, tmp_path: Path
) -> None:
    limited = tmp_path / "wherryd"
    limited.write_text(f'#!/bin/sh\nulimit -n 200\nexec {DAEMON} "$@"\n')
    limited.chmod(0o755)
    other.daemon = str(limited)
    other.start()
    cli = Cli(other, client)
    cli("import", str(busybox), "busybox")
    cli("run", "-d", "--name", "killed", "busybox", "sleep", "1000")
    with ExitStack() as clients:
        first, *others = (clients.enter_context(idle_client(other)) for _ in range(250))
        assert ask(first, "POST", "/containers/killed/kill") == 204
        assert ask(first, "POST", "/containers/killed/wait") == 200
        with cli.beside("inspect", "-f", "{{.State.ExitCode}}", "killed") as late:
            assert ask(first, "GET", "/containers/json") == 200
            assert late.poll() is None
            for each in others:
                each.close()
            assert late.communicate(timeout=60)[0] == "137\n"
    assert cli.line("run", "--rm", "busybox", "echo", "hi") == "hi"


def idle_client(engine: Engine) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(str(engine.socket))
    return client


def ask(client: socket.socket, method: str, path: str) -> int:
    """The status of the answer."""
    connection = HTTPConnection("d")
    connection.sock = client
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    return answer.status
