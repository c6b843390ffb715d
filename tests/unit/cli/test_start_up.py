"""Starting is most of what a short command costs: modules that take milliseconds to import stay out of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import STREAM, FakeEngine, Peer, Request, frame

import wherry

SOURCE = Path(wherry.__file__).parents[1]
HEAVY = {
    "argparse", "asyncio", "collections", "dataclasses", "datetime", "enum", "http", "importlib", "json", "msgspec",
    "os", "pathlib", "re", "signal", "socket", "subprocess", "typing",
}  # fmt: skip
SCRIPT = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from wherry.cli.main import execute
status = execute(sys.argv[1:])
print(status, *sorted(sys.modules), sep="\\n", file=sys.stderr)
"""
CONTAINER = {
    "Id": "abc", "Names": ["/web"], "Image": "busybox", "ImageID": "sha256:0", "Command": "sh", "Created": 1700000000,
    "Ports": [], "Labels": {}, "State": "running", "Status": "Up 2 hours", "HostConfig": {"NetworkMode": "default"},
    "NetworkSettings": {"Networks": {}}, "Mounts": [],
}  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    engine = FakeEngine(tmp_path / "s")
    engine.on("GET", "/containers/json", body=[CONTAINER])
    engine.on("GET", "/containers/abc/json", body={"Id": "abc"})
    engine.on("POST", "/containers/create", status=201, body={"Id": "abc", "Warnings": []})
    engine.on("POST", "/containers/abc/attach", hello)
    engine.on("POST", "/containers/abc/wait", body={"StatusCode": 0})
    engine.on("POST", "/containers/abc/exec", status=201, body={"Id": "e"})
    engine.on("POST", "/exec/e/start", hello)
    engine.on("GET", "/exec/e/json", body={"ExitCode": 0})
    for verb in ("start", "stop", "restart", "kill"):
        engine.on("POST", f"/containers/abc/{verb}", status=204)
    engine.on("DELETE", "/containers/abc", status=204)
    engine.on("GET", "/containers/abc/logs", body=None)
    yield engine
    engine.close()


def hello(_: Request, peer: Peer) -> None:
    peer.upgrade(STREAM, behind=frame(1, b"hello\n"))
    peer.end()


@pytest.mark.parametrize(
    "command",
    [
        "ps", "run --rm -e A=1 -v /a:/b -p 80:80 --network x busybox true", "run -d busybox", "exec abc true",
        "logs abc", "start abc", "stop abc", "restart abc", "kill abc", "wait abc", "rm -f abc",
        "inspect --type container abc",
    ],
)  # fmt: skip
def test_hot_commands_import_nothing_heavy(engine: FakeEngine, command: str) -> None:
    argv = [sys.executable, "-IS", "-c", SCRIPT, str(SOURCE), "-H", engine.host, *command.split()]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    status, *modules = done.stderr.splitlines()
    assert status == "0", done.stderr
    assert not HEAVY & set(modules)


def test_the_written_script_starts_the_command_line(engine: FakeEngine, tmp_path: Path) -> None:
    script = tmp_path / "wherry"
    subprocess.run([sys.executable, "-m", "wherry.cli.launcher", str(script)], check=True, cwd=SOURCE)
    done = subprocess.run([script, "-H", engine.host, "stop", "abc"], capture_output=True, text=True, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "abc\n", "")
    assert " -IS" in script.read_text()


def test_the_version_is_the_projects() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wherry.cli.main", "--version"], capture_output=True, text=True, cwd=SOURCE
    )
    project = (SOURCE.parent / "pyproject.toml").read_text()
    assert f'version = "{done.stdout.removeprefix("wherry version ").strip()}"' in project


def test_one_request_and_one_connection_for_ps(engine: FakeEngine) -> None:
    subprocess.run([sys.executable, "-m", "wherry.cli.main", "-H", engine.host, "ps"], check=True, cwd=SOURCE)
    assert ([request.path for request in engine.requests], engine.connections) == (["/containers/json"], 1)


def test_four_requests_for_run(engine: FakeEngine) -> None:
    """Nothing is asked but what a run needs: attached and waited for before it starts."""
    argv = [sys.executable, "-m", "wherry.cli.main", "-H", engine.host, "run", "--rm", "busybox", "true"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=SOURCE)
    paths = [request.path.rpartition("/")[2] for request in engine.requests]
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert (paths[0], set(paths[1:3]), paths[3:]) == ("create", {"attach", "wait"}, ["start"])
    assert json.loads(engine.requests[0].body)["HostConfig"]["AutoRemove"]
