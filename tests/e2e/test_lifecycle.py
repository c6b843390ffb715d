"""From create to rm, what ``ps`` and ``events`` tell meanwhile, and what is refused."""

import json
import re
import time

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


def test_kill_sends_any_signal(cli: Cli) -> None:
    listener(cli)
    cli("kill", "-s", "HUP", "box")
    eventually(lambda: cli.line("logs", "box").endswith("hup"))
    assert status(cli, "box") == "running"

    cli("kill", "box")

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

        assert client.communicate(timeout=20)[0] == "7\n"


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


# --- ps --------------------------------------------------------------------------------------------------------------


def test_ps_tables_and_selections(cli: Cli) -> None:
    first = cli.line("create", "--name", "first", "--label", "color=red", "busybox", "true")
    second = cli.line("run", "-d", "--name", "second", *SLEEP)
    third = cli.line("run", "-d", "--name", "third", "busybox", "sh", "-c", "exit 3")
    cli("wait", "third")

    head, row = cli.line("ps").splitlines()
    assert head.split("   ")[0] == "CONTAINER ID"
    assert re.fullmatch(rf'{second[:12]}   busybox   "sleep 60"   .* ago   Up .*   second', row.strip())
    assert cli.line("ps", "-q") == second[:12]
    assert cli.line("ps", "-aq").split() == [third[:12], second[:12], first[:12]]
    assert cli.line("ps", "-aq", "--no-trunc").split() == [third, second, first]
    assert cli.line("ps", "-lq") == third[:12]
    assert cli.line("ps", "-n", "2", "-q").split() == [third[:12], second[:12]]
    names = ["ps", "-a", "--format", "{{.Names}}"]
    for wanted, expected in (
        ("status=created", "first"),
        ("status=running", "second"),
        ("exited=3", "third"),
        ("label=color=red", "first"),
        ("label=color", "first"),
        ("name=ir", "third\nfirst"),
        ("ancestor=busybox", "third\nsecond\nfirst"),
        (f"id={first[:5]}", "first"),
        ("since=first", "third\nsecond"),
        ("before=second", "first"),
    ):
        assert cli.line(*names, "-f", wanted) == expected, wanted
    assert "invalid filter 'nonsense'" in cli.fails(1, "ps", "-f", "nonsense=1")


def test_ps_size(cli: Cli) -> None:
    cli("run", "--name", "box", "busybox", "sh", "-c", "head -c 1000000 /dev/zero > /file")

    assert re.fullmatch(r"1MB \(virtual 3\.\d+MB\)", cli.line("ps", "-as", "--format", "{{.Size}}"))


def test_ps_as_json(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "-l", "a=b", *SLEEP)

    seen = json.loads(cli.line("ps", "--format", "json"))

    assert (seen["Names"], seen["State"], seen["Image"], seen["Labels"]) == ("box", "running", "busybox", "a=b")


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_of_a_life(cli: Cli) -> None:
    form = "{{.Action}}"
    name = f"life-{cli.client}"
    with cli.beside("events", "--since", "1m", "--filter", f"container={name}", "--format", form) as client:
        cli("run", "--name", name, "busybox", "sh", "-c", "exit 3", check=False)
        cli("rm", name)

        assert client.stdout is not None
        seen = [client.stdout.readline().strip() for _ in range(5)]

    assert seen == ["create", "attach", "start", "die", "destroy"]


def test_events_of_the_past(cli: Cli) -> None:
    container = cli.line("run", "-d", "--name", "box", "busybox", "sh", "-c", "exit 3")
    cli("wait", "box")

    lines = cli.line(
        "events",
        "--since",
        "1m",
        "--until",
        f"{time.time():.9f}",
        "--filter",
        f"container={container}",
        "--format",
        "json",
    )

    events = [json.loads(line) for line in lines.splitlines()]
    assert [event["Action"] for event in events if event["Type"] == "container"] == ["create", "start", "die"]
    assert next(event["Actor"]["Attributes"]["exitCode"] for event in events if event["Action"] == "die") == "3"
    assert events[0]["Actor"]["ID"] == container
