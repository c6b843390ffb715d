"""From create to rm, and what is refused."""

import re
import tarfile
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

SLEEP = ("busybox", "sleep", "60")
LISTENER = "trap 'echo $$; exit 7' TERM; trap 'echo hup' HUP; echo ready; while :; do sleep .05; done"


def status(cli: Cli, name: str) -> str:
    return cli.inspect(name, "{{.State.Status}}")


def listener(cli: Cli, name: str = "box") -> None:
    """A container that answers SIGHUP and, by its exit, SIGTERM."""
    cli("run", "-d", "--name", name, "busybox", "sh", "-c", LISTENER)
    eventually(lambda: cli.line("logs", name) == "ready")


# --- start to end ----------------------------------------------------------------------------------------------------


def test_create_then_start_then_wait(cli: Cli) -> None:
    created = cli.line("create", "--name", "box", "busybox", "sh", "-c", "echo hi; exit 3")
    assert re.fullmatch(r"[0-9a-f]{64}", created)
    assert status(cli, "box") == "created"

    assert cli.line("start", "box") == "box"
    assert cli.line("wait", created[:10]) == "3"

    assert cli.inspect("box", "{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}") == "exited 3 0"
    assert cli.line("logs", "box") == "hi"


def test_start_attached_gives_output_and_exit_code(cli: Cli) -> None:
    cli("create", "--name", "box", "busybox", "sh", "-c", "echo hi; exit 3")

    done = cli("start", "-a", "box", check=False)

    assert (done.stdout, done.returncode) == ("hi\n", 3)


def test_starting_what_runs_changes_nothing(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)
    pid = cli.pid("box")

    assert cli.line("start", "box") == "box"

    assert cli.pid("box") == pid


def test_files_outlive_a_stop(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", "echo again >> /file; cat /file")

    assert cli.line("start", "-a", "box").split() == ["again", "again"]


def test_stop_asks_first(cli: Cli) -> None:
    listener(cli)

    assert cli.line("stop", "box") == "box"

    assert cli.inspect("box", "{{.State.Status}} {{.State.ExitCode}}") == "exited 7"
    assert cli.line("stop", "box") == "box"


def test_stop_kills_who_does_not_listen(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)

    cli("stop", "-t", "0", "box")

    assert cli.inspect("box", "{{.State.ExitCode}}") == "137"


@pytest.mark.v2
def test_kill_sends_any_signal(cli: Cli) -> None:
    listener(cli)
    cli("kill", "-s", "HUP", "box")
    eventually(lambda: cli.line("logs", "box").endswith("hup"))
    assert status(cli, "box") == "running"

    cli("kill", "box")

    assert status(cli, "box") == "exited"
    assert cli.line("wait", "box") == "137"
    assert "is not running" in cli.fails(1, "kill", "box")
    assert "nvalid signal: NOISE" in cli.fails(1, "kill", "-s", "NOISE", "box")


def test_restart(cli: Cli) -> None:
    listener(cli)
    pid = cli.pid("box")

    assert cli.line("restart", "box") == "box"

    assert status(cli, "box") == "running"
    assert cli.pid("box") != pid
    eventually(lambda: cli.line("logs", "box").split()[-1] == "ready")


def test_pause_and_unpause(cli: Cli, stock: Cli) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)
    stock("pause", "box")
    assert status(cli, "box") == "paused"
    assert "(Paused)" in cli.line("ps", "--format", "{{.Status}}")
    assert "is already paused" in stock.fails(1, "pause", "box")

    stock("unpause", "box")

    assert status(cli, "box") == "running"
    assert "is not paused" in stock.fails(1, "unpause", "box")


def test_wait_answers_when_it_ends(cli: Cli) -> None:
    listener(cli)
    with cli.beside("wait", "box") as client:
        cli("stop", "box")

        assert client.communicate(timeout=60)[0] == "7\n"


def test_rename(cli: Cli, stock: Cli) -> None:
    cli("run", "-d", "--name", "old", *SLEEP)
    cli("create", "--name", "other", *SLEEP)

    stock("rename", "old", "new")

    assert status(cli, "new") == "running"
    assert "No such container: old" in stock.fails(1, "rename", "old", "x1")
    assert 'The container name "/other" is already in use' in stock.fails(1, "rename", "new", "other")


def test_several_at_once_and_one_that_is_not_there(cli: Cli) -> None:
    for name in ("one", "two"):
        cli("run", "-d", "--name", name, *SLEEP)

    done = cli("stop", "-t", "0", "one", "nobody", "two", check=False)

    assert (done.returncode, done.stdout) == (1, "one\ntwo\n")
    assert done.stderr == "Error response from daemon: No such container: nobody\n"


# --- removal ---------------------------------------------------------------------------------------------------------


def test_rm_removes_what_does_not_run_only(cli: Cli) -> None:
    container = cli.line("run", "-d", "--name", "box", *SLEEP)

    error = cli.fails(1, "rm", "box")
    assert f"You cannot remove a running container {container}" in error or (
        'cannot remove container "/box": container is running: stop the container before removing or force remove'
        in error
    )

    cli("stop", "-t", "0", "box")
    assert cli.line("rm", "box") == "box"
    assert cli.line("ps", "-aq") == ""
    assert "No such container: box" in cli.fails(1, "rm", "box")


def test_rm_force(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)

    assert cli.line("rm", "-f", "box") == "box"

    assert cli.line("ps", "-aq") == ""


def test_prune(cli: Cli) -> None:
    cli("run", "-d", "--name", "up", *SLEEP)
    ended = cli.line("run", "-d", "busybox", "true")
    cli("wait", ended)

    printed = cli("container", "prune", "-f").stdout

    assert printed.startswith(f"Deleted Containers:\n{ended}\n\nTotal reclaimed space: ")
    assert cli.line("ps", "-a", "--format", "{{.Names}}") == "up"


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_container_by_name_by_id_and_by_its_beginning(cli: Cli) -> None:
    container = cli.line("create", "--name", "box", *SLEEP)

    for reference in ("box", container, container[:12], container[:4]):
        assert cli.inspect(reference, "{{.Id}}") == container


def test_a_name_that_nobody_gave(cli: Cli) -> None:
    cli("create", "busybox")

    assert re.fullmatch(r"[a-z]+_[a-z]+", cli.line("ps", "-a", "--format", "{{.Names}}"))


# --- refusals and rarer forms ----------------------------------------------------------------------------------------


def test_rm_force_is_content_with_what_is_gone(cli: Cli) -> None:
    done = cli("rm", "-f", "nobody")

    start = "Error: " if cli.is_old else "Error response from daemon: "
    assert (done.stdout, done.stderr) == ("", f"{start}No such container: nobody\n")


@pytest.mark.parametrize(
    ("signal", "text"),
    [
        ("BOGUS", "cannot kill container: box: invalid signal: BOGUS"),
        ("0", "cannot kill container: box: invalid signal: 0"),
        ("99", "cannot kill container: box: the linux daemon does not support signal 99"),
    ],
)
def test_signals_that_there_are_not(cli: Cli, signal: str, text: str) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)

    assert cli.fails(1, "kill", "-s", signal, "box") == f"Error response from daemon: {text}\n"
    assert "cannot kill container: nobody: No such container: nobody" in cli.fails(1, "kill", "nobody")


def test_export(cli: Cli, tmp_path: Path) -> None:
    cli("create", "--name", "box", "busybox", "true")

    cli("export", "-o", tmp_path / "box.tar", "box")

    with tarfile.open(tmp_path / "box.tar") as archive:
        assert "var/www/index.html" in archive.getnames()
    reason = "stat /no: no such file or directory" if cli.is_later else 'directory "/no" does not exist'
    refusal = cli.fails(1, "export", "-o", "/no/where.tar", "box")
    assert refusal == f"failed to export container: invalid output path: {reason}\n"
    assert "No such container: nobody" in cli.fails(1, "export", "nobody")


@pytest.mark.v2
def test_top_takes_the_options_of_ps(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", *SLEEP)

    rows = [line.split(None, 1) for line in cli.line("top", "box", "-o", "pid,args").splitlines()]

    assert rows == [["PID", "COMMAND"], [str(cli.pid("box")), "sleep 60"]]
    assert "Couldn't find PID field in ps output" in cli.fails(1, "top", "box", "-o", "comm")
    assert "ps: error: unknown gnu long option\n" in cli.fails(1, "top", "box", "--bogus")


def test_checkpoints_are_experimental(cli: Cli) -> None:
    assert '"--checkpoint" is only supported on a Docker daemon with experimental features enabled' in (
        cli.fails(1, "start", "--checkpoint", "x", "box")
    )
