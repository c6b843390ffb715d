"""``logs``: what a container said, all of it or some of it, now or as it comes."""

import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.harness.cli import Cli
from tests.harness.waiting import eventually

pytestmark = pytest.mark.root

JOURNAL = Path("/run/systemd/journal/socket")
TIMES = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (.*)")


def said(cli: Cli, script: str, name: str = "box") -> None:
    """A container that has run the script."""
    cli("run", "-d", "--name", name, "busybox", "sh", "-c", script)
    cli("wait", name)


def test_stdout_and_stderr_come_apart(cli: Cli) -> None:
    said(cli, "echo out; echo err >&2")

    done = cli("logs", "box")

    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_tail(cli: Cli) -> None:
    said(cli, "seq 1 100")

    assert cli("logs", "--tail", "3", "box").stdout == "98\n99\n100\n"
    assert cli("logs", "-n", "0", "box").stdout == ""
    assert len(cli("logs", "--tail", "all", "box").stdout.splitlines()) == 100
    assert len(cli("logs", "--tail", "1000", "box").stdout.splitlines()) == 100


def test_many_lines_come_whole_and_in_order(cli: Cli) -> None:
    said(cli, "seq 1 50000")

    assert cli("logs", "box").stdout == "".join(f"{number}\n" for number in range(1, 50001))
    assert cli("logs", "--tail", "20000", "box").stdout.splitlines()[0] == "30001"


def test_a_long_line_is_one_line(cli: Cli) -> None:
    said(cli, "head -c 100000 /dev/zero | tr '\\0' x; echo; echo next")

    assert cli("logs", "box").stdout == "x" * 100_000 + "\nnext\n"


def test_a_line_without_an_end(cli: Cli) -> None:
    said(cli, "printf 'no end'")

    assert cli("logs", "box").stdout == "no end"


def test_times_and_since_and_until(cli: Cli) -> None:
    said(cli, "echo one; sleep 0.2; echo two; sleep 0.2; echo three")

    lines = [TIMES.fullmatch(line) for line in cli("logs", "-t", "box").stdout.splitlines()]
    times = [match[1] for match in lines if match]

    assert [match[2] for match in lines if match] == ["one", "two", "three"]
    assert times == sorted(times)
    assert abs(datetime.now().astimezone() - datetime.fromisoformat(times[0])) < timedelta(minutes=1)
    assert cli("logs", "--since", times[1], "box").stdout == "two\nthree\n"
    assert cli("logs", "--until", times[1], "box").stdout == "one\ntwo\n"
    assert cli("logs", "--since", "10m", "box").stdout == "one\ntwo\nthree\n"
    assert cli("logs", "--until", "10m", "box").stdout == ""


def test_details_tell_labels_asked_for(cli: Cli) -> None:
    flags = ["--log-opt", "labels=stage", "-l", "stage=blue"]
    cli("run", "--name", "box", *flags, "busybox", "echo", "hi")

    assert cli("logs", "--details", "box").stdout == "stage=blue hi\n"


def test_following_ends_with_the_container(cli: Cli) -> None:
    script = "echo first; while ! test -e /go; do sleep .05; done; echo last; echo err >&2"
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
    with cli.beside("logs", "-f", "box") as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "first\n"
        cli("exec", "box", "touch", "/go")

        assert client.communicate(timeout=60) == ("last\n", "err\n")
        assert client.returncode == 0


def test_following_from_the_end_shows_new_lines_only(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sh", "-c", "echo old; while :; do echo new; sleep .05; done")
    eventually(lambda: "new" in cli.line("logs", "box"))
    with cli.beside("logs", "-f", "--tail", "0", "box") as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "new\n"


def test_following_goes_on_over_nothing_said(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "busybox", "sleep", "60")
    with cli.beside("logs", "-f", "box") as client:
        with pytest.raises(subprocess.TimeoutExpired):
            client.wait(0.5)
        cli("kill", "box")

        assert client.wait(60) == 0


def test_logs_outlive_the_process_and_grow_with_the_next(cli: Cli) -> None:
    said(cli, "echo run")

    cli("start", "-a", "box")

    assert cli("logs", "box").stdout == "run\nrun\n"


def test_a_terminals_output(cli: Cli) -> None:
    cli("run", "-d", "-t", "--name", "box", "busybox", "sh", "-c", "echo out; echo err >&2")
    cli("wait", "box")

    done = cli("logs", "box")

    assert (done.stdout, done.stderr) == ("out\r\nerr\r\n", "")


def test_no_logs_where_none_are_kept(cli: Cli) -> None:
    cli("run", "--name", "box", "--log-driver", "none", "busybox", "echo", "hi")

    assert "configured logging driver does not support reading" in cli.fails(1, "logs", "box")


def test_logs_of_what_is_not_there(cli: Cli) -> None:
    assert "No such container: nobody" in cli.fails(1, "logs", "nobody")


def test_details_tell_what_patterns_and_tags_ask_for(cli: Cli) -> None:
    options = ["labels-regex=^st", "env-regex=^STAGE$", "tag={{.Name}}"]
    flags = [word for option in options for word in ("--log-opt", option)]
    cli("run", "--name", "box", *flags, "-l", "stage=blue", "-l", "other=1", "-e", "STAGE=2", "busybox", "echo", "hi")

    assert cli("logs", "--details", "box").stdout == "STAGE=2,stage=blue,tag=box hi\n"


@pytest.mark.skipif(not JOURNAL.is_socket(), reason="needs journald")
def test_logs_in_the_journal(cli: Cli) -> None:
    cli("run", "-d", "--name", "box", "--log-driver", "journald", "busybox", "sh", "-c", "echo out; echo err >&2")
    cli("wait", "box")

    done = cli("logs", "box")

    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    assert cli("logs", "-f", "--tail", "1", "box").stderr == "err\n"


@pytest.mark.skipif(JOURNAL.is_socket(), reason="needs a host without journald")
def test_no_journal_no_start(cli: Cli) -> None:
    refused = cli.fails(125, "run", "--name", "box", "--log-driver", "journald", "busybox", "true")

    assert "failed to initialize logging driver: journald is not enabled on this host" in refused
