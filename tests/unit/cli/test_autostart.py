"""The engine starts when a command needs it and nobody said where it is."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from wherry.cli import autostart, session
from wherry.cli.main import execute

ENGINE = """#!/bin/sh
'''exec' "{python}" "$0"
'''
import os, socket, sys
print("starting")
listener = socket.socket(socket.AF_UNIX)
listener.bind({socket!r})
listener.listen()
with open({pid!r}, "w") as file:
    file.write(f"{{os.getpid()}} {{os.getsid(0)}} {{os.isatty(0)}}")
while True:
    sock, _ = listener.accept()
    while sock.recv(65536):
        sock.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
"""
DYING = "#!/bin/sh\necho line one\necho cannot read the configuration >&2\nexit 3\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the running script, where the engine's socket and log are expected too."""
    monkeypatch.setattr(session, "DEFAULT_HOST", f"unix://{tmp_path}/s")
    monkeypatch.setattr(autostart, "LOG_FILE", str(tmp_path / "log"))
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "wherry")])
    for name in (b"DOCKER_HOST", b"PATH"):
        monkeypatch.delitem(session.environ, name, raising=False)
    return tmp_path


def install(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_the_engine_beside_the_script_is_started(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = ENGINE.format(python=sys.executable, socket=str(home / "s"), pid=str(home / "pid"))
    install(home / "wherryd", engine)

    statuses = [execute(["stop", "abc"]), execute(["stop", "abc"])]

    pid, session_id, has_terminal = (home / "pid").read_text().split()
    os.kill(int(pid), signal.SIGKILL)
    os.waitpid(int(pid), 0)
    assert (statuses, capfd.readouterr()) == ([0, 0], ("abc\nabc\n", ""))
    assert (session_id, has_terminal) == (pid, "False")


def test_an_engine_that_dies_at_once_says_why(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    install(home / "wherryd", DYING)
    (home / "log").write_text("of an earlier start\n")

    status = execute(["stop", "abc"])

    assert (status, capfd.readouterr().err) == (
        1,
        f"{home}/wherryd ended at once; the end of {home}/log:\nline one\ncannot read the configuration\n",
    )


def test_without_an_engine_the_error_is_dockers(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status = execute(["stop", "abc"])
    assert (status, capfd.readouterr().err) == (
        1,
        f"Cannot connect to the Docker daemon at unix://{home}/s. Is the docker daemon running?\n",
    )


def test_nothing_is_started_for_a_host_that_was_named(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    install(home / "wherryd", DYING)
    status = execute(["-H", f"unix://{home}/s", "stop", "abc"])
    assert (status, (home / "log").exists()) == (1, False)
    assert "Cannot connect" in capfd.readouterr().err
