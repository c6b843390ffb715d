"""``ssh://``: an engine on another machine. Here that is this one, and ssh a script that runs what it is told to."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.cli import is_old
from tests.harness.engine import BIN, TIMEOUT, Engine, program

pytestmark = pytest.mark.root

SSH = """#!/bin/sh
echo "$@" >> {0}/asked
while [ "$1" != -- ]; do shift; done
shift 2
PATH={0}/there:$PATH DOCKER_HOST={1} exec sh -c "$*"
"""
Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(engine: Engine, client: str, tmp_path: Path, tidy: None) -> Typed:
    """Types a command at ``ssh://me@there:2222``, where both command lines are ours."""
    (tmp_path / "there").mkdir()
    for name in ("wherry", "docker"):
        (tmp_path / "there" / name).symlink_to(BIN / "wherry")
    (tmp_path / "ssh").write_text(SSH.format(tmp_path, engine.url))
    (tmp_path / "ssh").chmod(0o755)

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        argv = engine.host.inside([program(client), "-H", "ssh://me@there:2222", *arguments])
        environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        return subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environ
        )

    return run


def test_commands_go_through_ssh(typed: Typed, client: str, engine: Engine, tmp_path: Path) -> None:
    assert typed("run", "-i", "--name", "box", "busybox", "sh", "-c", "cat; exit 3", stdin="said").stdout == "said"
    assert typed("wait", "box").stdout == "3\n"
    assert typed("logs", "box").stdout == "said"
    start = "Error: " if is_old(client) else "Error response from daemon: "
    assert typed("rm", "nothing").stderr.startswith(f"{start}No such container: nothing")

    asked = (tmp_path / "asked").read_text().splitlines()[0]
    assert "-l me -p 2222" in asked
    assert "-- there" in asked


def test_a_machine_that_cannot_be_reached(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\nread request\necho no way >&2\nexit 255\n")

    done = typed("ps")

    assert done.returncode == 1
    assert "error during connect: " in done.stderr
    assert "no way" in done.stderr
