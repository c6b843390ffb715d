"""Host paths on a server that is gone, and processes that it holds so that nothing kills them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.engine import Engine
from tests.harness.share import Share, share
from tests.harness.unread import daemon
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

MANY = 12  # more than there are threads in a pool, or starts at a time


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Share]:
    """A share that answers until it falls silent. Made after and gone before what cleans up."""
    with share(tmp_path / "share") as mounted:
        yield mounted


def assert_serves_others(cli: Cli) -> None:
    """Everything works for a container that has nothing to do with it."""
    assert cli.line("run", "--rm", "busybox", "echo", "hello") == "hello"
    assert cli.line("exec", "other", "echo", "hello") == "hello"
    assert cli.line("logs", "other") == "here"
    cli("cp", "other:/etc/passwd", "-")
    cli("stats", "--no-stream", "other")
    cli("ps", "-a")
    cli("restart", "-t", "0", "other")
    assert cli.inspect("other", "{{.State.Running}}") == "true"


def in_the_background(cli: Cli, stack: ExitStack, *arguments: str | Path) -> subprocess.Popen[str]:
    return stack.enter_context(cli.beside(*arguments))


@pytest.mark.parametrize("verb", ["create", "run"])
def test_those_who_wait_for_a_dead_share_hold_up_nobody_else(cli: Cli, dead: Share, verb: str) -> None:
    cli("run", "-d", "--name", "other", "busybox", "sh", "-c", "echo here; exec sleep 1000")
    dead.fall_silent()
    with ExitStack() as stack:
        how = ("--mount", f"type=bind,src={dead.folder},dst=/x") if verb == "create" else ("-v", f"{dead.folder}:/x")
        waiting = [in_the_background(cli, stack, verb, *how, "busybox") for _ in range(MANY)]
        assert_serves_others(cli)
        assert [process.poll() for process in waiting] == [None] * MANY
        dead.close()
        assert all(process.wait(60) for process in waiting)


@pytest.fixture
def stuck(cli: Cli, dead: Share) -> int:
    """The process of the container ``stuck``, which SIGKILL does not end."""
    cli("run", "-d", "--name", "stuck", "-v", f"{dead.folder}:/x", "busybox", "sh", "-c", "while :; do stat /x; done")
    pid = cli.pid("stuck")
    dead.fall_silent()
    eventually(lambda: dead.unanswered)
    return pid


def test_a_copy_that_waits_for_a_dead_share_holds_up_nobody_else(cli: Cli, dead: Share) -> None:
    cli("run", "-d", "--name", "other", "busybox", "sh", "-c", "echo here; exec sleep 1000")
    cli("create", "--name", "box", "--user", "daemon", "-v", f"{dead.folder}:/etc", "busybox", "sh")
    dead.fall_silent()
    with cli.beside("cp", "-a", "-", "box:/root", stdin=subprocess.PIPE) as copying:
        eventually(lambda: dead.unanswered)
        assert_serves_others(cli)
        assert copying.poll() is None
        dead.close()


def test_disk_usage_is_told_but_for_volumes_on_a_dead_share(cli: Cli, dead: Share) -> None:
    cli("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={dead.folder}", "distant")
    cli(
        "run",
        "-d",
        "--name",
        "box",
        "-v",
        "distant:/x:nocopy",
        "-v",
        "near:/y",
        "busybox",
        "sh",
        "-c",
        "exec sleep 1000",
    )
    cli("exec", "box", "sh", "-c", "echo 12345 >/y/file")
    dead.fall_silent()
    unknown = {"docker": "-1B", "wherry": "N/A"}[cli.client]
    for _ in range(2):
        volumes = cli("system", "df", "-v", "--format", "{{range .Volumes}}{{.Name}} {{.Size}}\n{{end}}").stdout.split(
            "\n"
        )
        assert set(filter(None, volumes)) == {f"distant {unknown}", "near 6B"}
    dead.close()


def test_a_process_that_cannot_be_killed_hangs_nobody_else(cli: Cli, dead: Share, stuck: int) -> None:
    cli("run", "-d", "--name", "other", "busybox", "sh", "-c", "echo here; exec sleep 1000")
    with cli.beside("stop", "-t", "0", "stuck") as stopping:
        assert_serves_others(cli)
        assert cli.inspect("stuck", "{{.State.Status}}") == "running"
        cli("stats", "--no-stream", "stuck")
        cli("top", "stuck")
        refused = "cannot stop container: stuck: tried to kill container, but did not receive an exit event"
        assert refused in stopping.communicate(timeout=40)[1]
        assert stopping.returncode == 1
    dead.close()
    eventually(lambda: cli.inspect("stuck", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137")


def test_an_engine_ends_and_begins_with_a_process_that_cannot_be_killed(
    cli: Cli, engine: Engine, dead: Share, stuck: int
) -> None:
    os.kill(stuck, signal.SIGKILL)
    engine.stop()
    engine.start()
    assert cli.inspect("stuck", "{{.State.Status}}") == "running"
    dead.close()
    eventually(lambda: cli.inspect("stuck", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137")


def test_an_engine_makes_room_for_the_next_though_a_server_holds_it_up(
    other: Engine, client: str, busybox: Path, dead: Share
) -> None:
    other.start("--shutdown-timeout", "1")
    cli, old = Cli(other, client), other.process
    assert old is not None
    cli("import", busybox, "busybox")
    dead.fall_silent()
    with cli.beside("create", "--mount", f"type=bind,src={dead.folder},dst=/x", "busybox", "sh"):
        eventually(lambda: dead.unanswered)
        os.kill(daemon(other), signal.SIGTERM)
        eventually(lambda: not (other.exec_root / "engine.pid").exists())
        other.start()
        assert cli.line("run", "--rm", "busybox", "echo", "hello") == "hello"
    dead.close()
    assert old.wait(60) == 0
